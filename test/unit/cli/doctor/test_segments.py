from __future__ import annotations

import fcntl
import os
import subprocess
import sys
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


@pytest.mark.skipif(os.geteuid() != 0, reason="to make files of another user takes root")
def test_what_belongs_to_another_user_is_said_and_kept(tmp_path: Path) -> None:
    make(tmp_path, SEGMENT, f"{SEGMENT}_el")
    tmp_path.chmod(0o1777)  # as /dev/shm
    program = (
        "import os; from pathlib import Path\n"
        "from emotion_perception.cli.doctor.segments import find_leftovers, remove\n"
        "os.setgid(65534), os.setuid(65534)\n"
        "(leftover,) = find_leftovers(Path('.'))\n"
        "try: remove(leftover)\n"
        "except PermissionError: print('kept')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "kept\n", done.stderr
    assert (tmp_path / SEGMENT).exists()


def test_looking_changes_nothing(tmp_path: Path) -> None:
    make(tmp_path, SEGMENT, f"{SEGMENT}_el")
    before = {path: path.stat().st_mtime for path in tmp_path.iterdir()}
    find_leftovers(tmp_path)
    assert {path: path.stat().st_mtime for path in tmp_path.iterdir()} == before
