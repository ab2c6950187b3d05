"""What happens to the memory when its process is killed, the disk is full, or several processes write at once."""

from __future__ import annotations

import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people import Consent, PeopleStore, database

Embed = Callable[..., NDArray[np.float32]]
Open = Callable[..., PeopleStore]

CHILD = """
import sys
import numpy as np
from pathlib import Path
from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people import Consent, PeopleStore

def say(*words):
    print(*words, flush=True)

path, task, label = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
say("ready")
sys.stdin.readline()
with PeopleStore(path, embedder="dlib_resnet", dimension=128) as store:
    say("open")
    for number in range(int(sys.argv[4])):
        embeddings = np.full((3, 128), number, np.float32)
        try:
            person = store.enroll(f"{label} {number}", embeddings, consent=Consent(number, "test"))
        except PeopleError as error:
            say("refused", error)
            break
        say("enrolled", person.id)
        if task == "churn" and number % 2:
            say("forgetting", person.id)
            store.forget(person.id)
            say("forgotten", person.id)
"""


@pytest.fixture
def child(path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """child("enroll", "a", 40) -> a process that has started, and opens the store when it gets a line."""
    started: list[subprocess.Popen[str]] = []

    def start(task: str, label: str, count: int, **options: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", CHILD, str(path), task, label, str(count)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, **pipes, **options)  # type: ignore[call-overload]
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def kill(process: subprocess.Popen[str]) -> list[list[str]]:
    """End it at once, without a chance to tidy up. Returns what it had said and we had not read."""
    process.send_signal(signal.SIGKILL)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    return [line.split() for line in said.splitlines() if line.endswith(tuple("0123456789abcdef"))]


@pytest.mark.parametrize("task", ["enroll", "churn"])
def test_what_was_acknowledged_survives_kill_9(
    open_store: Open, child: Callable[..., subprocess.Popen[str]], task: str
) -> None:
    random_ = random.Random(task)
    kept: set[str] = set()
    gone: set[str] = set()
    for round_ in range(4):
        process = child(task, f"round {round_}", 10_000)
        go(process)
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        said = [process.stdout.readline().split() for _ in range(random_.randint(1, 60))]
        time.sleep(random_.uniform(0, 0.005))  # anywhere in its work
        said += kill(process)
        enrolled = {words[1] for words in said if words[0] == "enrolled"}
        forgetting = {words[1] for words in said if words[0] == "forgetting"}
        gone |= {words[1] for words in said if words[0] == "forgotten"}
        assert enrolled
        with open_store() as store:
            gallery = store.gallery()
        there = {person.id for person in gallery.people}
        kept |= enrolled - forgetting
        assert kept <= there
        assert not gone & there
        assert len(there - kept) <= 2 * (round_ + 1)  # those in the middle of whose enrolment or erasure it died
        for person, embeddings in zip(gallery.people, gallery.by_person(), strict=True):
            np.testing.assert_array_equal(embeddings, np.full((3, 128), float(person.name.split()[-1])))


def test_kill_9_while_the_database_is_made(
    open_store: Open, child: Callable[..., subprocess.Popen[str]], consent: Consent, embed: Embed, path: Path
) -> None:
    random_ = random.Random(1)
    for _ in range(6):
        process = child("enroll", "a", 1)
        go(process)
        time.sleep(random_.uniform(0, 0.02))
        kill(process)
        PeopleStore.existing(path)  # whatever state it is in, it can be looked at
        with open_store() as store:
            store.enroll("Anna", embed(), consent=consent)
            assert store.find("Anna").embeddings == 2
        for file in path.parent.iterdir():
            file.unlink()


def test_the_journal_of_a_process_that_died_while_it_made_the_database(
    open_store: Open, consent: Consent, embed: Embed, path: Path
) -> None:
    program = (
        "import os, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "for line in ('PRAGMA cache_size = 1', 'BEGIN', 'CREATE TABLE half (made)'): connection.execute(line)\n"
        "connection.executemany('INSERT INTO half VALUES (?)', [(bytes(5000),)] * 50)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    path.parent.mkdir()
    subprocess.run([sys.executable, "-c", program, str(path)], timeout=20, check=False)
    assert path.stat().st_size > 0
    assert path.with_name("people.db-journal").stat().st_size > 0
    assert PeopleStore.existing(path) is None
    with open_store() as store:
        store.enroll("Anna", embed(), consent=consent)
    assert [person.name for person in open_store().people()] == ["Anna"]


def test_two_that_make_the_database_at_once_wait_for_each_other(open_store: Open, path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.1, lambda: other.execute("ROLLBACK"))
    timer.start()
    assert open_store().people() == []
    timer.join()
    other.close()


def test_several_processes_make_one_database_and_write_at_once(
    open_store: Open, child: Callable[..., subprocess.Popen[str]]
) -> None:
    processes = [child("enroll", label, 25) for label in "abcd"]
    for process in processes:
        go(process)
    said = [process.communicate(timeout=60)[0].splitlines() for process in processes]
    ids = {line.split()[1] for lines in said for line in lines if line.startswith("enrolled")}
    assert [lines[-1].split()[0] for lines in said] == ["enrolled"] * 4
    assert len(ids) == 100
    assert {person.id for person in open_store().people()} == ids


def test_a_process_that_does_not_end_its_writing_is_not_waited_for_forever(
    monkeypatch: pytest.MonkeyPatch, open_store: Open, consent: Consent, embed: Embed, path: Path
) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 0.05)
    store = open_store()
    anna = store.enroll("Anna", embed(), consent=consent)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(PeopleError, match="is being written by another process that does not end: try again"):
        store.enroll("Bob", embed(seed=1), consent=consent)
    assert store.people() == [anna]  # readers are not kept waiting
    other.execute("ROLLBACK")
    other.close()
    assert store.enroll("Bob", embed(seed=1), consent=consent)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"only root may mount a small file system to fill ({mounted.stderr.strip()})")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte free."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue
    return ballast


def test_a_full_disk_loses_nobody(small_disk: Path, open_store: Open, consent: Consent, embed: Embed) -> None:
    path = small_disk / "people.db"
    reserve = small_disk / "reserve"
    reserve.write_bytes(bytes(200_000))
    enrolled = []
    with open_store(path) as store:
        with pytest.raises(PeopleError, match="has no room to grow, and nothing was changed: free space"):
            for seed in range(1000):
                enrolled.append(store.enroll(f"person {seed}", embed(5, seed=seed), consent=consent))
        assert len(enrolled) >= 10
        assert store.people() == enrolled
        reserve.unlink()
        enrolled.append(store.enroll("one more", embed(5, seed=2000), consent=consent))
        assert store.people() == enrolled
        assert len(store.gallery().embeddings) == 5 * len(enrolled)
    with open_store(path) as store:
        assert store.people() == enrolled


def test_a_disk_that_is_full_from_the_start(small_disk: Path, open_store: Open, consent: Consent, embed: Embed) -> None:
    path = small_disk / "people.db"
    ballast = fill(small_disk)
    with pytest.raises(PeopleError, match=str(path)):
        open_store(path)
    ballast.unlink()
    with open_store(path) as store:
        anna = store.enroll("Anna", embed(), consent=consent)
    ballast = fill(small_disk)
    with pytest.raises(PeopleError, match=r"see that (its|the) disk is not full|no room to grow"):
        open_store(path).enroll("Bob", embed(seed=1), consent=consent)
    ballast.unlink()
    with open_store(path) as store:
        assert store.people() == [anna]


def test_writes_that_fail_in_the_middle_lose_nobody(
    open_store: Open, child: Callable[..., subprocess.Popen[str]]
) -> None:
    def limit_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    process = child("enroll", "a", 10_000, preexec_fn=limit_files)
    go(process)
    *said, refusal = process.communicate(timeout=60)[0].splitlines()
    assert process.returncode == 0
    assert "cannot be read or written, and nothing was changed: see that its disk is not full" in refusal
    enrolled = [line.split()[1] for line in said if line.startswith("enrolled")]
    assert len(enrolled) > 3
    assert [person.id for person in open_store().people()] == enrolled
