"""People as rows of the tables, each sealed with a checksum, so that a flipped bit is noticed and not greeted."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emotion_perception.core.people.failures import damaged
from emotion_perception.core.people.gallery import Gallery
from emotion_perception.core.people.person import LATEST, Consent, Person, expiry
from emotion_perception.core.people.record import Record

_PERSON = "number, id, name, language, consent_given_at, consent_note, first_seen, retention_days, seal, last_seen"
_EMBEDDING_TYPE = np.dtype("<f4")


def insert(connection: sqlite3.Connection, record: Record) -> None:
    """Add a person who is not there yet."""
    consent = record.consent
    kept = (record.id, record.name, record.language, consent.given_at, consent.note, record.first_seen)
    (number,) = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM person").fetchone()
    row = (number, *kept, record.retention_days)
    connection.execute(
        f"INSERT INTO person ({_PERSON}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, _seal(row), record.last_seen)
    )
    values = [value.tobytes() for value in record.embeddings.astype(_EMBEDDING_TYPE)]
    connection.executemany(
        "INSERT INTO embedding (person, number, value, seal) VALUES (?, ?, ?, ?)",
        [(number, index, value, _seal((number, index), value)) for index, value in enumerate(values)],
    )


def people(connection: sqlite3.Connection, path: Path) -> list[Person]:
    """Return everybody, in the order of enrolment; PeopleError about ``path`` if a row is not what was written."""
    rows = _person_rows(connection, path)
    counts = dict(connection.execute("SELECT person, count(*) FROM embedding GROUP BY person").fetchall())
    if counts.keys() != {row[0] for row in rows}:
        raise damaged(path)
    return [_person(row, counts[row[0]]) for row in rows]


def records(connection: sqlite3.Connection, path: Path, dimension: int) -> list[Record]:
    """Return everybody with their embeddings, otherwise as ``people``."""
    everybody = gallery(connection, path, dimension)
    retention = dict(connection.execute("SELECT id, retention_days FROM person").fetchall())
    return [
        Record(
            id=person.id,
            name=person.name,
            language=person.language,
            consent=person.consent,
            first_seen=person.first_seen,
            last_seen=person.last_seen,
            retention_days=retention[person.id],
            embeddings=embeddings,
        )
        for person, embeddings in zip(everybody.people, everybody.by_person(), strict=True)
    ]


def gallery(connection: sqlite3.Connection, path: Path, dimension: int) -> Gallery:
    """Return everybody in the form in which faces are compared with them, otherwise as ``people``."""
    persons = people(connection, path)
    if not persons:
        return Gallery.empty(dimension)
    content = b"".join(_embeddings(connection, path))
    embeddings = np.frombuffer(content, _EMBEDDING_TYPE).astype(np.float32).reshape(-1, dimension)
    return Gallery(tuple(persons), embeddings, np.repeat(np.arange(len(persons)), [p.embeddings for p in persons]))


def _person_rows(connection: sqlite3.Connection, path: Path) -> list[tuple[Any, ...]]:
    rows = connection.execute(f"SELECT {_PERSON} FROM person ORDER BY number").fetchall()
    if any(_seal(row[:8]) != row[8] or not 0 <= row[9] <= LATEST for row in rows):
        raise damaged(path)
    return rows


def _embeddings(connection: sqlite3.Connection, path: Path) -> list[bytes]:
    """Return everybody's, in the order of _person_rows."""
    rows = connection.execute("SELECT person, number, value, seal FROM embedding ORDER BY person, number").fetchall()
    if any(_seal((person, number), value) != seal for person, number, value, seal in rows):
        raise damaged(path)
    return [value for _, _, value, _ in rows]


def _person(row: Sequence[Any], embeddings: int) -> Person:
    _, id_, name, language, given_at, note, first_seen, retention_days, _, last_seen = row
    expires = expiry(last_seen, retention_days)
    return Person(id_, name, language, Consent(given_at, note), first_seen, last_seen, expires, embeddings)


def _seal(row: tuple[Any, ...], blob: bytes = b"") -> int:
    return zlib.crc32(blob, zlib.crc32(repr(row).encode()))
