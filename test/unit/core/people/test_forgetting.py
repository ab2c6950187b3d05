"""That nothing of a forgotten person is left in the bytes of the database, its log and its index."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.people import Consent, PeopleStore, erasure, store

Embed = Callable[..., NDArray[np.float32]]
Open = Callable[..., PeopleStore]

NAME = "Nausikaa-Αλκινόου"


def traces(path: Path, embeddings: NDArray[np.float32], name: str = NAME) -> list[str]:
    """Which files hold the name, or any 16 bytes (4 numbers) in a row of an embedding."""
    content = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    assert path.name in content
    parts = [name.encode(), *(row.tobytes()[at : at + 16] for row in embeddings for at in range(0, 512, 16))]
    return [name for name, held in content.items() if any(part in held for part in parts)]


@pytest.fixture
def reader(path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """reader("BEGIN") -> another process that has the store open, and has run that statement and read everything."""
    started: list[subprocess.Popen[str]] = []
    program = (
        "import sys, sqlite3\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute(sys.argv[2])\n"
        "print(len(connection.execute('SELECT * FROM person JOIN embedding').fetchall()), flush=True)\n"
        "sys.stdin.readline()\n"
    )

    def start(statement: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", program, str(path), statement]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout
        assert int(started[-1].stdout.readline()) > 0
        return started[-1]

    yield start
    for process in started:
        process.communicate()


def test_the_search_for_traces_finds_them(open_store: Open, consent: Consent, embed: Embed, path: Path) -> None:
    store = open_store()
    store.enroll(NAME, embed(), consent=consent)
    assert traces(path, embed()) == ["people.db-wal"]
    store.close()
    assert traces(path, embed()) == ["people.db"]
    assert traces(path, np.empty((0, 128), np.float32)) == ["people.db"]


@pytest.mark.parametrize("way", ["forget", "forget_all", "purge"])
@pytest.mark.parametrize("reopened", [False, True])
def test_nothing_is_left(
    open_store: Open, consent: Consent, embed: Embed, path: Path, way: str, reopened: bool
) -> None:
    store = open_store()
    for seed in range(20):
        store.enroll(f"person {seed}", embed(5, seed=100 + seed), consent=consent)
    person = store.enroll(NAME, embed(), consent=consent, language="el", retention_days=1)
    store.saw({person.id: person.last_seen + 1})
    if reopened:
        store.close()
        store = open_store()
    {"forget": lambda: store.forget(person.id), "forget_all": store.forget_all}.get(
        way, lambda: store.purge(person.last_seen + 90_000)
    )()
    assert not store.erasing
    assert traces(path, embed()) == []
    store.close()
    assert traces(path, embed()) == []
    assert len(open_store().people()) == (0 if way == "forget_all" else 20)


def test_nothing_is_left_after_many_came_and_went(open_store: Open, consent: Consent, embed: Embed, path: Path) -> None:
    """Copies that the rebalancing of the tree leaves behind go too; secure_delete alone misses some."""
    random_ = random.Random(0)
    store = open_store()
    there = {}
    for seed in range(60):
        embeddings = embed(random_.randint(1, 6), seed=seed)
        there[store.enroll(f"{NAME} {seed}", embeddings, consent=consent).id] = seed, embeddings
    while len(there) > 10:
        person = random_.choice(list(there))
        seed, embeddings = there.pop(person)
        store.forget(person)
        assert traces(path, embeddings, f"{NAME} {seed} ") == []


def test_nothing_is_left_while_another_process_has_the_store_open(
    open_store: Open, reader: Callable[[str], subprocess.Popen[str]], consent: Consent, embed: Embed, path: Path
) -> None:
    store = open_store()
    person = store.enroll(NAME, embed(), consent=consent)
    reader("SELECT 1")
    store.forget(person.id)
    assert not store.erasing
    assert traces(path, embed()) == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_PATIENCE", 0.05)
    monkeypatch.setattr(erasure, "_AGAIN", 0.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("who", ["the same store", "another process", "the next to open it"])
def test_an_erasure_that_a_reader_holds_up_is_finished_later(
    open_store: Open,
    reader: Callable[[str], subprocess.Popen[str]],
    consent: Consent,
    embed: Embed,
    path: Path,
    who: str,
) -> None:
    store, other = open_store(), open_store()
    person = store.enroll(NAME, embed(), consent=consent)
    process = reader("BEGIN")
    store.forget(person.id)
    assert store.erasing
    assert store.people() == []  # forgotten all the same
    assert traces(path, embed()) != []
    assert other.changed()
    assert store.erasing
    process.communicate("go\n")
    if who == "the next to open it":
        store.close()
        other.close()
        assert not open_store().erasing
    else:
        used = store if who == "the same store" else other
        used.changed()
        assert not used.erasing
    assert traces(path, embed()) == []


@pytest.mark.usefixtures("impatient")
def test_a_process_killed_before_it_erased_leaves_that_to_the_next(
    open_store: Open, consent: Consent, embed: Embed, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    person = store.enroll(NAME, embed(), consent=consent)
    with monkeypatch.context() as patch:
        patch.setattr(erasure.Erasure, "finish", lambda self, *, patience: None)
        store.forget(person.id)
    assert traces(path, embed()) != []
    assert not open_store().erasing
    assert traces(path, embed()) == []


def test_a_running_node_stops_naming_a_person_within_a_second(open_store: Open, consent: Consent, embed: Embed) -> None:
    node, command = open_store(), open_store()
    person = command.enroll(NAME, embed(), consent=consent)
    assert node.gallery().people == (person,)
    command.forget(person.id)
    assert node.changed()  # the very next poll knows
    assert node.gallery().people == ()


@pytest.mark.usefixtures("impatient")
def test_an_erasure_while_another_process_writes_is_finished_later(
    open_store: Open, consent: Consent, embed: Embed, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_store()
    person = first.enroll(NAME, embed(), consent=consent)
    with monkeypatch.context() as patch:
        patch.setattr(erasure.Erasure, "finish", lambda self, *, patience: None)
        first.forget(person.id)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    store = open_store()
    assert store.erasing
    writer.execute("ROLLBACK")
    writer.close()
    store.changed()
    assert not store.erasing
    assert traces(path, embed()) == []


def test_an_erasure_does_not_take_off_the_mark_of_another(
    open_store: Open, consent: Consent, embed: Embed, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process forgets somebody when this one has rebuilt the database and is about to cut the log."""
    store, other = open_store(), open_store()
    people = [store.enroll(NAME, embed(seed=seed), consent=consent) for seed in range(2)]
    maintaining = store._database.maintaining

    class Interrupted:
        def __init__(self, connection: sqlite3.Connection) -> None:
            self._connection = connection

        def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
            if "wal_checkpoint" in statement and other.people():
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(other._erasure, "finish", lambda *, patience: None)
                    other.forget(people[1].id)
            return self._connection.execute(statement, *values)

    @contextlib.contextmanager
    def interrupted(patience: float) -> Iterator[Interrupted]:
        with maintaining(patience) as connection:
            yield Interrupted(connection)

    with monkeypatch.context() as patch:
        patch.setattr(store._database, "maintaining", interrupted)
        store.forget(people[0].id)
    assert store.people() == []
    store.close()
    other.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT erasing != 0 FROM about").fetchone() == (1,)
    connection.close()
    assert not open_store().erasing
    assert traces(path, embed(seed=1)) == []
