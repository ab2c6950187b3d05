from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people import Consent, PeopleStore, rows
from emotion_perception.core.people.database import Database, inspect
from emotion_perception.core.people.schema import MIGRATIONS, About

ABOUT = About("dlib_resnet", 128)
NICKNAMES = ("ALTER TABLE person ADD COLUMN nickname TEXT NOT NULL DEFAULT ''", "CREATE TABLE later (x)")
BROKEN = ("ALTER TABLE person ADD COLUMN nickname TEXT", "ALTER TABLE nobody ADD COLUMN nickname TEXT")


def layout(path: Path) -> tuple[int, dict[str, str]]:
    """Version, and the SQL of each table."""
    connection = sqlite3.connect(path)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        tables = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
        return version, dict(tables)
    finally:
        connection.close()


@pytest.fixture
def first_version(
    open_store: Callable[..., PeopleStore], consent: Consent, embed: Callable[..., NDArray[np.float32]], path: Path
) -> Path:
    """A closed database of version 1 with somebody in it."""
    with open_store() as store:
        store.enroll("Anna", embed(), consent=consent)
    assert layout(path)[0] == 1
    return path


def test_an_empty_file_becomes_the_first_version(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert inspect(path) is None
    Database(path, ABOUT).close()
    assert inspect(path) == ABOUT
    version, tables = layout(path)
    assert version == len(MIGRATIONS)
    assert tables.keys() == {"about", "person", "embedding", "audit"}


def test_an_older_database_is_brought_up_to_date_with_its_people(
    open_store: Callable[..., PeopleStore], first_version: Path
) -> None:
    with open_store() as store:
        before = store.gallery()
    database = Database(first_version, About("other", 1), (*MIGRATIONS, NICKNAMES))
    assert database.about == ABOUT
    with database.reading() as connection:
        after = rows.gallery(connection, first_version, 128)
    database.close()
    version, tables = layout(first_version)
    assert version == 2
    assert "nickname" in tables["person"]
    assert after.people == before.people
    np.testing.assert_array_equal(after.embeddings, before.embeddings)


def test_several_versions_at_once(first_version: Path) -> None:
    Database(first_version, ABOUT, (*MIGRATIONS, NICKNAMES, ("DROP TABLE later",))).close()
    version, tables = layout(first_version)
    assert (version, "later" in tables) == (3, False)


def test_an_upgrade_that_fails_leaves_the_old_version_whole(
    open_store: Callable[..., PeopleStore], first_version: Path
) -> None:
    before = layout(first_version)
    with pytest.raises(PeopleError):
        Database(first_version, ABOUT, (*MIGRATIONS, BROKEN))
    assert layout(first_version) == before
    with open_store() as store:
        assert [person.name for person in store.people()] == ["Anna"]


def test_an_upgrade_is_not_done_twice(first_version: Path) -> None:
    databases = [Database(first_version, ABOUT, (*MIGRATIONS, NICKNAMES)) for _ in range(2)]
    assert [database.about for database in databases] == [ABOUT, ABOUT]
    for database in databases:
        database.close()
