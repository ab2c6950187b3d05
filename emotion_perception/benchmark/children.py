"""Measurements in processes of their own: fresh memory, a private ROS domain, and none of the measurer's threads."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

from emotion_perception.core.errors import PerceptionError

_ORDERLY_END = 10.0  # seconds for a child to end its own processes


def ask(
    module: str, question: Mapping[str, Any], *, timeout: float, environment: Mapping[str, str] | None = None
) -> Any:
    """Run ``python -m module`` with the question (JSON) as its argument; its last line of output, JSON, is the answer.

    The question gains "started", the steady clock's seconds at the start of the process. A child that fails, or takes
    more than ``timeout`` seconds, raises PerceptionError with what it said last.
    """
    asked = json.dumps({**question, "started": time.monotonic()})
    with contextlib.ExitStack() as at_the_end:
        with _interrupts_held_back():  # else one that comes between the start of the child and here leaves it running
            process = subprocess.Popen(
                [sys.executable, "-m", module, asked],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, **(environment or {})},
                process_group=0,
            )
            at_the_end.callback(_end, process)
        try:
            answer, complaint = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise PerceptionError(
                f"{module} did not finish within {timeout:g} s: the machine is too busy or too slow for this "
                "measurement"
            ) from error
    if process.returncode != 0 or not answer.strip():
        said = (complaint.strip() or "it said nothing").splitlines()[-1]
        raise PerceptionError(f"a measurement failed ({module}, exit code {process.returncode}): {said}")
    return json.loads(answer.strip().splitlines()[-1])


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block. Call it in the main thread, which is the one that gets Ctrl-C."""
    came: list[tuple[int, FrameType | None]] = []
    usual = signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if came and callable(usual):
        usual(*came[0])


def _end(process: subprocess.Popen[str]) -> None:
    """End a child that still runs; in order, as a killed one would leave its nodes and their shared memory behind."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.communicate(timeout=_ORDERLY_END)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
