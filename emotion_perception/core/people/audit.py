"""The trail of what was done to the memory.

It holds no name and nothing biometric: it outlives the people it speaks of, and would otherwise keep what they asked to
have erased. Their random UUID means nothing to anybody who does not already hold it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from emotion_perception.core.people.failures import damaged
from emotion_perception.core.people.person import LATEST


class Action(StrEnum):
    """What can be done to a person's record."""

    ENROLLED = "enrolled"
    FORGOTTEN = "forgotten"
    PURGED = "purged"
    IMPORTED = "imported"
    EXPORTED = "exported"


@dataclass(frozen=True)
class AuditEntry:
    """time: Unix time, seconds. person: UUID, or empty for everybody (an export)."""

    time: float
    action: Action
    person: str


def note(connection: sqlite3.Connection, action: Action, time: float, people: Iterable[str]) -> None:
    """Add a line for each of ``people``, in the transaction that does what it says."""
    rows = [(time, action, person) for person in people]
    connection.executemany("INSERT INTO audit (time, action, person) VALUES (?, ?, ?)", rows)


def entries(connection: sqlite3.Connection, path: Path) -> list[AuditEntry]:
    """Return everything, oldest first; PeopleError about ``path`` if a line is not what was written."""
    rows = connection.execute("SELECT time, action, person FROM audit ORDER BY number").fetchall()
    if not all(0 <= time <= LATEST and action in set(Action) for time, action, _ in rows):
        raise damaged(path)
    return [AuditEntry(time, Action(action), person) for time, action, person in rows]
