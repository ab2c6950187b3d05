"""The tables, version by version.

A database carries our application id and, as its user version, the number of MIGRATIONS it has been through. A new
version of the layout is a new entry at the end; those that were released never change.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emotion_perception.core.errors import PeopleError

APPLICATION_ID = 0x456D5065  # "EmPe"

#: The statements of each step: MIGRATIONS[n] leads from version n to n + 1.
#:
#: about is one row: whose embeddings these are, a number that grows with every change of who is remembered, and the
#: value it had when somebody was forgotten whose bytes may still be in the files (0: nothing is left).
#: Persons are numbered in the order of enrolment, so that embeddings are appended and lie together. Each seal is a
#: checksum of its row but for last_seen (see rows.py): SQLite's own check does not look at what rows hold.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE about (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            embedder TEXT NOT NULL,
            dimension INTEGER NOT NULL,
            generation INTEGER NOT NULL DEFAULT 0,
            erasing INTEGER NOT NULL DEFAULT 0
        ) STRICT
        """,
        """
        CREATE TABLE person (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            language TEXT NOT NULL,
            consent_given_at REAL NOT NULL,
            consent_note TEXT NOT NULL,
            first_seen REAL NOT NULL,
            last_seen REAL NOT NULL,
            retention_days REAL,
            seal INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE embedding (
            person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
            number INTEGER NOT NULL,
            value BLOB NOT NULL,
            seal INTEGER NOT NULL,
            PRIMARY KEY (person, number)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE audit (
            number INTEGER PRIMARY KEY,
            time REAL NOT NULL,
            action TEXT NOT NULL,
            person TEXT NOT NULL
        ) STRICT
        """,
    ),
)


@dataclass(frozen=True)
class About:
    """Whose embeddings a database holds, and how many numbers each has."""

    embedder: str
    dimension: int

    @classmethod
    def of(cls, connection: sqlite3.Connection) -> About:
        """Read it from a database that is not empty."""
        return cls(*connection.execute("SELECT embedder, dimension FROM about").fetchone())


def version_of(connection: sqlite3.Connection, path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> int:
    """Return the version of the layout, 0 of an empty database; PeopleError for a newer one or one not of ours."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not (application or version or tables):
        return 0
    if application != APPLICATION_ID or version < 1:
        raise PeopleError(f"{path} is a database of another program and was left as it is: give another file.")
    if version > len(migrations):
        raise PeopleError(
            f"{path} was written by a newer version of emotion_perception (layout {version}, this one knows "
            f"{len(migrations)}) and was left as it is: update emotion_perception, or give another file."
        )
    return int(version)


def upgrade(
    connection: sqlite3.Connection, path: Path, about: About, migrations: Sequence[Sequence[str]] = MIGRATIONS
) -> None:
    """Bring an empty or older database to the last of ``migrations``, wholly or not at all.

    about: what an empty one will hold. Call it inside a writing transaction.
    """
    version = version_of(connection, path, migrations)
    for statements in migrations[version:]:
        for statement in statements:
            connection.execute(statement)
    if version == 0:
        connection.execute(
            "INSERT INTO about (only, embedder, dimension) VALUES (1, ?, ?)", (about.embedder, about.dimension)
        )
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    if version < len(migrations):
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
