"""The memory of people: who agreed to be remembered, until they are forgotten."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core import paths
from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people import audit, export_file, files, rows
from emotion_perception.core.people.audit import Action, AuditEntry
from emotion_perception.core.people.database import Database, inspect
from emotion_perception.core.people.erasure import Erasure
from emotion_perception.core.people.gallery import Gallery
from emotion_perception.core.people.person import SECONDS_PER_DAY, Consent, Person, checked_time, shown
from emotion_perception.core.people.record import Record
from emotion_perception.core.people.schema import About

_PATIENCE = 1.0  # seconds that erasing waits for other processes before it is put off


@dataclass(frozen=True)
class Imported:
    """What an import did: how many were added, were known already, and stay forgotten because they were here."""

    added: int
    known: int
    forgotten: int


def default_path() -> Path:
    """Where people are kept unless another file is given: ``$XDG_DATA_HOME/emotion_perception/people.db``."""
    return paths.data_dir() / "people.db"


class PeopleStore:
    """A database of people, open; several processes may have it open at once. A context manager.

    path: default_path() without. embedder, dimension: whose embeddings are kept; a new database takes them, an old one
    must have them. Any thread may call; they take turns.

    Every method raises PeopleError, in one sentence, when it refuses or when the database cannot be used (in use for
    too long, disk full, read-only, damaged, deleted meanwhile); it has then changed nothing. What returned is on the
    disk, whatever happens next. A damaged file is never written to: go on without a memory, and say the sentence.
    """

    def __init__(self, path: Path | None = None, *, embedder: str, dimension: int) -> None:
        self.path = files.resolved(path or default_path())
        self.embedder = embedder
        self.dimension = dimension
        self._read: int | None = None  # generation of the last gallery
        if path is None:
            files.make_private_folder(self.path.parent)
        self._database = Database(self.path, About(embedder, dimension))
        try:
            self._check_embedder()
            self._erasure = Erasure(self._database)
            self._erasure.finish(patience=0)
        except BaseException:
            self._database.close()
            raise

    @classmethod
    def existing(cls, path: Path | None = None) -> Self | None:
        """Open a database with whatever embedder it was made for; None if nobody was ever enrolled there."""
        place = files.resolved(path or default_path())
        found = inspect(place) if files.there(place) else None
        return cls(path, embedder=found.embedder, dimension=found.dimension) if found else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; idempotent."""
        self._database.close()

    # Who is there

    def people(self) -> list[Person]:
        """Return everybody, in the order of enrolment."""
        with self._database.reading() as connection:
            return rows.people(connection, self.path)

    def find(self, text: str) -> Person:
        """Return the person with this UUID, or the only one with this name."""
        everybody = self.people()
        wanted = normalize("NFC", text.strip())
        found = [person for person in everybody if person.id == wanted.lower()]
        found = found or [person for person in everybody if person.name == wanted]
        if not found:
            raise PeopleError(f'nobody here is called "{shown(wanted)}": give a name or UUID of those on the list.')
        if len(found) > 1:
            ids = ", ".join(person.id for person in found)
            raise PeopleError(f'{len(found)} people are called "{shown(wanted)}": give the UUID of one ({ids}).')
        return found[0]

    def gallery(self) -> Gallery:
        """Return everybody with their embeddings, to compare faces with."""
        with self._database.reading() as connection:
            (generation,) = connection.execute("SELECT generation FROM about").fetchone()
            gallery = rows.gallery(connection, self.path, self.dimension)
        self._read = generation
        return gallery

    def changed(self) -> bool:
        """Whether people were added or forgotten, by any process, since the last gallery(); 10 microseconds.

        Poll it: it also finishes, now and then, an erasure that was put off (see `erasing`).
        """
        with self._database.reading() as connection:
            generation, erasing = connection.execute("SELECT generation, erasing FROM about").fetchone()
        self._erasure.tend(erasing)
        return bool(generation != self._read)

    def audit(self) -> list[AuditEntry]:
        """Return what was done to whom, oldest first."""
        with self._database.reading() as connection:
            return audit.entries(connection, self.path)

    # Remembering

    def enroll(
        self,
        name: str,
        embeddings: NDArray[np.float32],
        *,
        consent: Consent,
        language: str = "",
        retention_days: float | None = None,
    ) -> Person:
        """Remember somebody. embeddings: (n, D), 1 to 100 of them.

        retention_days: forget them once they have not been seen for so long; None keeps them until they are forgotten.
        """
        now = time.time()
        record = Record(str(uuid.uuid4()), name, language, consent, now, now, retention_days, embeddings)
        if record.embeddings.shape[1] != self.dimension:
            raise PeopleError(
                f"an embedding has {record.embeddings.shape[1]} numbers and those of {self.embedder} have "
                f"{self.dimension}: make them with {self.embedder}."
            )
        with self._database.writing() as connection:
            rows.insert(connection, record)
            audit.note(connection, Action.ENROLLED, now, [record.id])
            _count_change(connection)
        return record.person

    def saw(self, times: Mapping[str, float]) -> None:
        """Note when people were last seen: person id -> Unix time, seconds. Who is not there any more is left out.

        Each call waits for the disk: collect some seconds' sightings, and pass them on before `purge` and `close`.
        """
        seen = [(checked_time("a time of seeing somebody", time), person) for person, time in times.items()]
        with self._database.writing() as connection:
            connection.executemany("UPDATE person SET last_seen = max(last_seen, ?) WHERE id = ?", seen)

    # Forgetting

    @property
    def erasing(self) -> bool:
        """Whether bytes of somebody forgotten are still in the files, as another process reads or the disk is full.

        `changed` and the next opening, by any process, try again until they are gone.
        """
        return self._erasure.pending

    def forget(self, person_id: str) -> None:
        """Erase a person, also from the bytes of the files (see `erasing`)."""
        if not self._delete("id = ?", (person_id,), Action.FORGOTTEN, time.time()):
            raise PeopleError(f'nobody here has the UUID "{shown(person_id)}": give one of those on the list.')

    def forget_all(self) -> int:
        """Erase everybody, as `forget`. Returns how many."""
        return self._delete("TRUE", (), Action.FORGOTTEN, time.time())

    def purge(self, now: float) -> int:
        """Erase, as `forget`, everybody whose retention has run out at ``now`` (Unix time). Returns how many."""
        return self._delete(f"last_seen + retention_days * {SECONDS_PER_DAY} <= ?", (now,), Action.PURGED, now)

    def _delete(self, condition: str, values: tuple[str | float, ...], action: Action, now: float) -> int:
        with self._database.writing() as connection:
            found = connection.execute(f"SELECT id FROM person WHERE {condition} ORDER BY number", values).fetchall()
            if found:
                connection.execute(f"DELETE FROM person WHERE {condition}", values)
                audit.note(connection, action, now, [person for (person,) in found])
                _count_change(connection)
                connection.execute("UPDATE about SET erasing = generation")
        if found:
            self._erasure.finish(patience=_PATIENCE)
        return len(found)

    # Taking people elsewhere

    def export(self, path: Path) -> int:
        """Write everybody, embeddings and consent included, to a new file with mode 0600. Returns how many."""
        with self._database.writing() as connection:
            people = rows.records(connection, self.path, self.dimension)
            audit.note(connection, Action.EXPORTED, time.time(), [""])
            export_file.write(path, export_file.Export(self.embedder, self.dimension, tuple(people)))
        return len(people)

    def import_people(self, path: Path) -> Imported:
        """Add those of an export who are not here, by UUID; all of them or, if anything is wrong with it, none.

        Who is here stays as they are, and is last seen when either says. Who was forgotten here stays forgotten: an old
        copy does not undo that.
        """
        export = export_file.read(path)
        if (export.embedder, export.dimension) != (self.embedder, self.dimension):
            raise PeopleError(
                f"{path} holds embeddings of {export.embedder} ({export.dimension} numbers), which cannot be compared "
                f"with those of {self.embedder} ({self.dimension}): import it into another database."
            )
        now = time.time()
        with self._database.writing() as connection:
            here = {person for (person,) in connection.execute("SELECT id FROM person").fetchall()}
            entries = audit.entries(connection, self.path)
            forgotten = {entry.person for entry in entries if entry.action is Action.FORGOTTEN}
            added = [record for record in export.people if record.id not in here | forgotten]
            for record in added:
                rows.insert(connection, record)
            connection.executemany(
                "UPDATE person SET last_seen = max(last_seen, ?) WHERE id = ?",
                [(record.last_seen, record.id) for record in export.people if record.id in here],
            )
            audit.note(connection, Action.IMPORTED, now, [record.id for record in added])
            if added:
                _count_change(connection)
        known = sum(record.id in here for record in export.people)
        return Imported(len(added), known, len(export.people) - len(added) - known)

    def _check_embedder(self) -> None:
        found = self._database.about
        if (found.embedder, found.dimension) != (self.embedder, self.dimension):
            raise PeopleError(
                f"{self.path} holds embeddings of {found.embedder} ({found.dimension} numbers), which {self.embedder} "
                f"({self.dimension}) cannot compare: use {found.embedder}, or give another file."
            )


def _count_change(connection: sqlite3.Connection) -> None:
    """Tell every process that looks that somebody came or went (`saw` does not: nobody need be compared anew)."""
    connection.execute("UPDATE about SET generation = generation + 1")
