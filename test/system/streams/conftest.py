"""Real senders on loopback."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the modules that the sender, a script, imports from beside it too

from streaming import TIMEOUT, URIS, Receiver, Sender

from emotion_perception.sources.gstreamer import GStreamerSource
from emotion_perception.sources.pyav_stream import PyAvStreamSource
from emotion_perception.sources.stream import parse_stream


@pytest.fixture
def sender(gstreamer: Any) -> Iterator[Callable[..., Sender]]:
    """sender("udp-jpeg", port, "--loss", "0.05") -> a Sender, ended with the test."""
    made: list[Sender] = []

    def start(protocol: str, port: int, *arguments: str) -> Sender:
        made.append(Sender(protocol, port, *arguments))
        return made[-1]

    yield start
    for each in made:
        each.kill()


@pytest.fixture
def receive(gstreamer: Any) -> Iterator[Callable[..., Receiver]]:
    """receive("gstreamer", "udp-jpeg", port) -> a Receiver at work, stopped with the test."""
    made: list[Receiver] = []

    def start(backend: str, protocol: str, port: int, *, path: str = "live") -> Receiver:
        stream = parse_stream(URIS[protocol].format(port=port).replace("live", path))
        kind = {"gstreamer": GStreamerSource, "pyav": PyAvStreamSource}[backend]
        made.append(Receiver(kind(stream, report=lambda sentence: made[-1].reports.append(sentence))))
        return made[-1]

    yield start
    for each in made:
        each.stop()


@pytest.fixture
def eventually() -> Callable[..., None]:
    """eventually(condition) waits for what has no event to wait for."""

    def wait(condition: Callable[[], Any]) -> None:
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.02)

    return wait


@pytest.fixture
def seconds() -> float:
    """How long a stream is watched; STREAM_SECONDS=20 for numbers that mean something."""
    return float(os.environ.get("STREAM_SECONDS", "0.8"))


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[Receiver, float], None]:
    """measured(receiver, seconds) prints what came; `pytest -rP` shows it."""

    def show(receiver: Receiver, seconds: float) -> None:
        delays = [(each.received - each.drawn) / 1e6 for each in receiver.pictures if each.drawn]
        p50, p99 = np.percentile(delays, [50, 99]) if delays else (np.nan, np.nan)
        print(
            f"{request.node.callspec.id}: {len(receiver.pictures) / seconds:.1f} fps, "
            f"drawn to received p50 {p50:.1f} ms, p99 {p99:.1f} ms, damaged {receiver.damaged}"
        )

    return show
