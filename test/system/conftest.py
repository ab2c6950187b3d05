"""The whole robot in a process of its own, started as a user starts it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from emotion_perception.core.paths import share_dir

_NOT_ALONE = ("test_colcon.py", "test_wheel.py")
TIMEOUT = 60.0  # of liveness, generous: the machine may be busy


@pytest.hookimpl(tryfirst=True)  # before -m is looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of whole robots run alone: they play at real time and see the whole computer."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.path.name not in _NOT_ALONE:
            item.add_marker("alone")


@pytest.fixture
def photograph(asset: Callable[[str], Path], tmp_path: Path) -> Path:
    """The woman of the demo clip, towards its end; a visit made of every other frame does not show this one."""
    clip = cv2.VideoCapture(str(asset("demo_clip")))
    clip.set(cv2.CAP_PROP_POS_FRAMES, 365)
    found, image = clip.read()
    assert found
    path = tmp_path / "photograph.png"
    cv2.imwrite(str(path), image)
    return path


class Robot:
    """`emotion-perception run …` as a child process, or another command; its output is read as it comes."""

    def __init__(self, *arguments: str, command: str = "run") -> None:
        line = [sys.executable, "-m", "emotion_perception.cli.main", command, *arguments]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._changed = threading.Condition()
        self._lines: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._readers = [
            threading.Thread(target=self._read, args=(name, stream), daemon=True)
            for name, stream in (("stdout", self.process.stdout), ("stderr", self.process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def stdout(self) -> str:
        return "".join(self._lines["stdout"])

    @property
    def stderr(self) -> str:
        return "".join(self._lines["stderr"])

    def wait_line(self, stream: str, text: str, timeout: float = TIMEOUT) -> str:
        """Wait for a line that contains the text."""

        def found() -> str | None:
            return next((line for line in self._lines[stream] if text in line), None)

        with self._changed:
            assert self._changed.wait_for(found, timeout), f'no "{text}" on {stream}: {self._lines}'
            return found() or ""

    def wait_count(self, stream: str, text: str, count: int, timeout: float = TIMEOUT) -> None:
        """Wait until so many lines contain the text."""
        with self._changed:
            lines = self._lines[stream]
            enough = self._changed.wait_for(lambda: sum(text in line for line in lines) >= count, timeout)
            assert enough, f'fewer than {count} "{text}" on {stream}: {self._lines}'

    def wait(self, timeout: float = TIMEOUT) -> int:
        """Wait for its end and return the exit code."""
        code = self.process.wait(timeout)
        for reader in self._readers:
            reader.join(5)
        return code

    def interrupt(self, number: int) -> float:
        """Send a signal and return how many seconds it took to end."""
        begin = time.monotonic()
        self.process.send_signal(number)
        self.wait(30)
        return time.monotonic() - begin

    def _read(self, name: str, stream: Any) -> None:
        for line in stream:
            with self._changed:
                self._lines[name].append(line)
                self._changed.notify_all()


@pytest.fixture(autouse=True)
def own_domain(domain: int) -> int:
    """Every test here runs on a domain of its own."""
    return domain


@pytest.fixture
def robot(domain: int) -> Iterator[Callable[..., Robot]]:
    """robot("--source", "synthetic:") starts a process; whatever still runs at the end of the test is ended."""
    made: list[Robot] = []

    def start(*arguments: str, command: str = "run") -> Robot:
        made.append(Robot(*arguments, command=command))
        return made[-1]

    yield start
    for each in made:
        if each.process.poll() is None:
            each.process.send_signal(signal.SIGKILL)
            each.wait()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a commit of the working tree would hold."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=share_dir(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    copy = tmp_path / "checkout"
    for name in filter(None, listed.stdout.split("\0")):
        if (share_dir() / name).is_file():  # not deleted since
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(share_dir() / name, copy / name)
    return copy
