"""`emotion-perception record` as a process of its own, beside a running robot."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.recovery import recover

TIMEOUT = 60.0


class Recording:
    """A recorder; `wait_messages` blocks until it says that it wrote so many."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "emotion_perception.cli.main", "record", "-o", str(folder), *arguments]
        self.folder = folder
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_messages(self, count: int) -> None:
        end = time.monotonic() + TIMEOUT
        assert self.process.stdout
        for line in self.process.stdout:
            words = line.split()
            if "messages," in words and int(words[words.index("messages,") - 1]) >= count:
                return
            assert time.monotonic() < end
        raise AssertionError("the recorder ended")

    def end(self, number: int) -> tuple[str, str]:
        self.process.send_signal(number)
        return self.process.communicate(timeout=TIMEOUT)


@pytest.fixture
def record(robot: Callable[..., Any], tmp_path: Path) -> Iterator[Callable[..., Recording]]:
    """record("--raw") starts a robot that sees a pattern, and a recorder of it."""
    made: list[Recording] = []

    def start(*arguments: str) -> Recording:
        run = robot("--source", "synthetic:", "--no-identity", "--no-overlay")
        run.wait_line("stdout", " fps")
        made.append(Recording(tmp_path / "bag", *arguments))
        return made[-1]

    yield start
    for each in made:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_closes_the_bag(number: int, record: Callable[..., Recording]) -> None:
    recording = record()
    recording.wait_messages(60)

    said, errors = recording.end(number)

    assert recording.process.returncode == 0, errors
    assert "Traceback" not in errors
    with BagReader(recording.folder) as bag:
        assert {topic.name for topic in bag.topics} >= {"/image_raw/compressed", "/camera_info", "/emotion"}
        assert "/image_raw" not in bag.counts
        assert "/faces" not in bag.counts
        assert sum(bag.counts.values()) >= 60
        assert sum(1 for _ in bag.messages()) == sum(bag.counts.values())
        assert f"holds {sum(bag.counts.values())} messages" in said


def test_a_killed_recording_is_recovered(record: Callable[..., Recording]) -> None:
    recording = record("--raw", "--topics", "image_raw", "faces")
    recording.wait_messages(60)
    recording.end(signal.SIGKILL)
    recovery = recover(recording.folder)
    assert recovery.messages > 0
    with BagReader(recovery.folder) as bag:
        assert set(bag.counts) == {"/image_raw", "/faces"}


def test_it_ends_by_itself_and_splits(record: Callable[..., Recording]) -> None:
    recording = record("--duration", "10", "--split-time", "1", "--storage", "sqlite3", "--add", "faces")
    _, errors = recording.process.communicate(timeout=TIMEOUT)
    assert recording.process.returncode == 0, errors
    assert len(list(recording.folder.glob("*.db3"))) >= 2
    with BagReader(recording.folder) as bag:
        assert "/faces" in bag.counts


@pytest.mark.parametrize(
    ("arguments", "part"),
    [(["--keep", "0"], "--keep is 0"), (["--split-size", "-1"], "--split-size is -1"), ([], "exists already")],
)
def test_what_cannot_be_recorded_is_told(arguments: list[str], part: str, tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    recording = Recording(tmp_path / "bag", *arguments)
    _, errors = recording.process.communicate(timeout=TIMEOUT)
    assert recording.process.returncode == 1
    assert part in errors
    assert errors.count("\n") == 1
