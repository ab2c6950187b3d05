from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

import pytest

from emotion_perception.cli.doctor.segments import find_leftovers, remove

SEGMENT, PORT = "fastrtps_0123456789abcdef", "fastrtps_port7413"


def make(folder: Path, *names: str, age: float = 3600) -> None:
    for name in names:
        (folder / name).write_bytes(b"x" * 10_000)
        os.utime(folder / name, (time.time() - age,) * 2)


def test_what_nobody_locks_is_dead(tmp_path: Path) -> None:
    make(tmp_path, SEGMENT, f"{SEGMENT}_el", PORT, f"{PORT}_el", f"sem.{PORT}_mutex", "lttng-ust-wait-6", "mine")
    segment, port = sorted(find_leftovers(tmp_path), key=lambda each: each.name)
    assert (segment.name, port.name) == (SEGMENT, PORT)
    assert {path.name for path in port.files} == {PORT, f"{PORT}_el", f"sem.{PORT}_mutex"}
    assert segment.size >= 20_000

    assert remove(segment)
    assert remove(port)
    assert {path.name for path in tmp_path.iterdir()} == {"lttng-ust-wait-6", "mine"}


@pytest.mark.parametrize(
    ("suffix", "kind"), [("_el", fcntl.LOCK_EX), ("_sl", fcntl.LOCK_SH)], ids=["exclusive", "shared"]
)
def test_what_a_process_locks_is_alive(suffix: str, kind: int, tmp_path: Path) -> None:
    make(tmp_path, PORT, f"{PORT}{suffix}")
    (leftover,) = find_leftovers(tmp_path)
    with (tmp_path / f"{PORT}{suffix}").open() as file:
        fcntl.flock(file, kind)
        assert find_leftovers(tmp_path) == []
        assert not remove(leftover), "it came to life meanwhile"
    assert (tmp_path / PORT).is_file()
    assert find_leftovers(tmp_path) == [leftover]


def test_without_a_lock_file_it_is_dead_unless_it_is_new_or_mapped(tmp_path: Path) -> None:
    import mmap

    make(tmp_path, PORT)
    assert [each.name for each in find_leftovers(tmp_path)] == [PORT]
    with (tmp_path / PORT).open("r+b") as file, mmap.mmap(file.fileno(), 0):
        assert find_leftovers(tmp_path) == []
    make(tmp_path, PORT, age=5)
    assert find_leftovers(tmp_path) == []


def test_looking_changes_nothing(tmp_path: Path) -> None:
    make(tmp_path, SEGMENT, f"{SEGMENT}_el")
    before = {path: path.stat().st_mtime for path in tmp_path.iterdir()}
    find_leftovers(tmp_path)
    assert {path: path.stat().st_mtime for path in tmp_path.iterdir()} == before
