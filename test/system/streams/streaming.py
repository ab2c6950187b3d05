"""Senders in processes of their own, and what arrives of their pictures."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import stamped

from emotion_perception.sources.base import Frame, Source
from emotion_perception.sources.capture import Capture, CaptureState

TIMEOUT = 20.0  # of liveness, generous: the machine may be busy
URIS = {
    "udp-jpeg": "udp-jpeg://:{port}",
    "udp-h264": "udp-h264://:{port}",
    "tcp-mjpeg": "tcp-mjpeg://127.0.0.1:{port}",
    "rtsp-jpeg": "rtsp://127.0.0.1:{port}/live",
    "rtsp-h264": "rtsp://127.0.0.1:{port}/live",
}


def free_port(protocol: str = "udp") -> int:
    kind = socket.SOCK_DGRAM if protocol.startswith("udp") else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sender:
    """sender.py in a process; `kill` ends it as a power cut would."""

    def __init__(self, protocol: str, port: int, *arguments: str) -> None:
        command = [sys.executable, str(Path(__file__).with_name("sender.py")), protocol, str(port), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        ready, _, _ = select.select([self.process.stdout], [], [], TIMEOUT)
        assert ready, "the sender does not start"
        assert self.process.stdout.readline() == "ready\n", "the sender died"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Received:
    """A picture: when it was drawn (None: damaged), captured by the source's word, and received; steady clock, ns."""

    drawn: int | None
    captured: int
    received: int
    stamp: int
    size: tuple[int, int]


class Receiver:
    """A source, read by a Capture as the camera node does it; everything that it delivers and tells."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.pictures: list[Received] = []
        self.states: list[tuple[CaptureState, str]] = []
        self.reports: list[str] = []
        self._changed = threading.Condition()
        self._capture = Capture(source, self._take, on_state=self._note, report=self.reports.append)
        self._capture.start()

    def _take(self, frame: Frame, stamp: int) -> None:
        now = time.monotonic_ns()
        drawn = stamped.read(frame.image)
        picture = Received(drawn, frame.captured or 0, now, stamp, frame.image.shape[1::-1])
        with self._changed:
            self.pictures.append(picture)
            self._changed.notify_all()

    def _note(self, state: CaptureState, sentence: str) -> None:
        with self._changed:
            self.states.append((state, sentence))
            self._changed.notify_all()

    def wait_pictures(self, count: int, *, of: Callable[[Received], Any] = lambda _: True, since: int = 0) -> None:
        """Wait for ``count`` pictures with that property from the ``since``-th on."""
        self._wait(lambda: sum(bool(of(each)) for each in self.pictures[since:]) >= count)

    def wait_state(self, *states: CaptureState, text: str = "", since: int = 0) -> str:
        """Wait for one of the states with a sentence that contains the text; return the sentence."""

        def found() -> list[str]:
            return [told for state, told in self.states[since:] if state in states and text in told]

        self._wait(found)
        return found()[0]

    def wait_report(self, text: str) -> None:
        """Wait for a report that contains the text."""
        self._wait(lambda: any(text in told for told in self.reports))

    def _wait(self, condition: Callable[[], Any]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, TIMEOUT), (self.states, self.reports, self.pictures[-1:])

    def stop(self) -> None:
        self._capture.stop()

    @property
    def damaged(self) -> int:
        return sum(each.drawn is None for each in self.pictures)
