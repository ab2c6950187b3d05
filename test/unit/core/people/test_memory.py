from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people.memory import Memory
from emotion_perception.core.people.person import Consent
from emotion_perception.core.people.store import PeopleStore

DIMENSION = 4
NOW = 1_700_000_000.0
CONSENT = Consent(NOW, "asked in a test")
ANNA = np.array([[1.0, 0.0, 0.0, 0.0]], np.float32)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.db"


@pytest.fixture
def memory(path: Path, clock: Clock) -> Iterator[Memory]:
    made = Memory(path, embedder="test", dimension=DIMENSION, retention_days=0, clock=clock)
    yield made
    made.close()


@pytest.fixture
def elsewhere(path: Path) -> Iterator[Callable[[], PeopleStore]]:
    """elsewhere() opens the same file, as another process would."""
    opened = []

    def make() -> PeopleStore:
        opened.append(PeopleStore(path, embedder="test", dimension=DIMENSION))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def names(memory: Memory) -> list[str]:
    return [person.name for person in memory.gallery().people]


def test_it_opens_by_itself_and_never_again_once_closed(memory: Memory, path: Path) -> None:
    assert memory.people() == []
    memory.close()
    path.unlink()
    with pytest.raises(PeopleError, match="closed"):
        memory.people()
    assert memory.tick(NOW) is None
    assert not path.exists()


def test_the_first_tick_brings_everybody_and_the_next_nothing_new(
    memory: Memory, elsewhere: Callable[[], PeopleStore]
) -> None:
    elsewhere().enroll("Anna", ANNA, consent=CONSENT)
    gallery = memory.tick(NOW)
    assert gallery is not None
    assert [person.name for person in gallery.people] == ["Anna"]
    assert memory.tick(NOW) is None
    assert memory.trouble is None


def test_it_follows_what_others_do(memory: Memory, elsewhere: Callable[[], PeopleStore]) -> None:
    memory.tick(NOW)
    store = elsewhere()
    anna = store.enroll("Anna", ANNA, consent=CONSENT)
    gallery = memory.tick(NOW)
    assert gallery is not None
    assert len(gallery.people) == 1
    store.forget(anna.id)
    gallery = memory.tick(NOW)
    assert gallery is not None
    assert gallery.people == ()


def test_it_enrolls_and_forgets(memory: Memory) -> None:
    memory.tick(NOW)
    anna = memory.enroll("Anna", ANNA, consent=CONSENT, language="el")
    memory.enroll("Berta", -ANNA, consent=CONSENT, language="")
    assert (anna.language, names(memory)) == ("el", ["Anna", "Berta"])
    assert memory.find("Anna").id == anna.id
    memory.forget(anna.id)
    assert names(memory) == ["Berta"]
    assert memory.forget_all() == 1
    assert memory.people() == []


def test_who_was_seen_is_written_now_and_then_and_at_the_end(memory: Memory, path: Path, clock: Clock) -> None:
    memory.tick(NOW)
    anna = memory.enroll("Anna", ANNA, consent=CONSENT, language="")
    time.sleep(0.01)
    later = time.time()
    memory.saw(anna.id, later)
    memory.saw(anna.id, later - 50)  # a replay of the past
    clock.now += 60
    memory.tick(NOW)
    assert memory.people()[0].last_seen == later
    latest = time.time()
    memory.saw(anna.id, latest)
    memory.tick(NOW)
    assert memory.people()[0].last_seen == later
    memory.close()
    with PeopleStore(path, embedder="test", dimension=DIMENSION) as store:
        assert store.people()[0].last_seen == latest


@pytest.mark.parametrize("stamp", [-5.0, 17.0, 4e9], ids=["negative", "since a start", "to come"])
def test_a_stamp_that_is_no_time_of_day_counts_as_now(memory: Memory, clock: Clock, stamp: float) -> None:
    memory.tick(NOW)
    anna = memory.enroll("Anna", ANNA, consent=CONSENT, language="")
    before = time.time()
    memory.saw(anna.id, stamp)
    clock.now += 60
    memory.tick(NOW)
    assert before <= memory.people()[0].last_seen <= time.time()


def test_somebody_seen_a_moment_ago_is_not_purged(path: Path, clock: Clock) -> None:
    memory = Memory(path, embedder="test", dimension=DIMENSION, retention_days=30, clock=clock)
    memory.tick(NOW)
    anna = memory.enroll("Anna", ANNA, consent=CONSENT, language="")
    with PeopleStore(path, embedder="test", dimension=DIMENSION) as store:
        store.saw({})
    memory.saw(anna.id, time.time())
    clock.now += 3601
    memory.tick(anna.last_seen + 30 * 86400)  # run out by the enrolment, not by what was seen since
    assert [person.name for person in memory.people()] == ["Anna"]
    memory.close()


def test_noting_who_was_seen_waits_for_nobody(memory: Memory, path: Path) -> None:
    memory.tick(NOW)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        ticking = threading.Thread(target=memory.tick, args=(NOW,))
        memory.saw("somebody", NOW)
        memory._due["saw"] = 0.0
        ticking.start()
        for _ in range(100):
            memory.saw("somebody", NOW)
        other.execute("ROLLBACK")
        ticking.join()
    other.close()


def test_who_was_not_seen_for_long_is_purged(path: Path, clock: Clock) -> None:
    memory = Memory(path, embedder="test", dimension=DIMENSION, retention_days=30, clock=clock)
    memory.tick(NOW)
    anna = memory.enroll("Anna", ANNA, consent=CONSENT, language="")
    clock.now += 3601
    assert memory.tick(anna.last_seen + 29 * 86400) is not None  # its own enrolment
    clock.now += 3601
    gallery = memory.tick(anna.last_seen + 31 * 86400)
    assert gallery is not None
    assert gallery.people == ()
    memory.close()


def test_a_deleted_file_ends_what_is_known_and_a_new_one_is_begun(
    memory: Memory, path: Path, elsewhere: Callable[[], PeopleStore]
) -> None:
    memory.tick(NOW)
    memory.enroll("Anna", ANNA, consent=CONSENT, language="")
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0
    path.unlink()  # and not what SQLite keeps beside it
    gallery = memory.tick(NOW)
    assert gallery is not None
    assert gallery.people == ()
    assert memory.trouble is None
    assert all(ANNA.tobytes() not in file.read_bytes() for file in path.parent.iterdir())
    memory.enroll("Berta", -ANNA, consent=CONSENT, language="")


def test_a_damaged_file_is_told_left_alone_and_tried_again(memory: Memory, path: Path, clock: Clock) -> None:
    path.write_bytes(b"no database at all" * 1000)
    before = path.read_bytes()
    assert memory.tick(NOW) is None
    assert memory.trouble
    assert str(path) in memory.trouble
    with pytest.raises(PeopleError, match=r"people\.db"):
        memory.enroll("Anna", ANNA, consent=CONSENT, language="")
    assert path.read_bytes() == before

    path.rename(path.with_suffix(".old"))
    assert memory.tick(NOW) is None, "it waits before it tries again"
    clock.now += 6
    assert memory.tick(NOW) is not None
    assert memory.trouble is None
    memory.enroll("Anna", ANNA, consent=CONSENT, language="")


def test_a_file_that_becomes_damaged_leaves_nobody_known(
    memory: Memory, path: Path, clock: Clock, elsewhere: Callable[[], PeopleStore]
) -> None:
    memory.tick(NOW)
    memory.enroll("Anna", ANNA, consent=CONSENT, language="")
    memory.tick(NOW)
    for file in path.parent.iterdir():
        file.unlink()
    path.write_bytes(b"no database at all" * 1000)
    gallery = memory.tick(NOW)
    assert gallery is not None
    assert gallery.people == ()
    assert memory.trouble
