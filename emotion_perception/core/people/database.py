"""An SQLite file that is checked before it is touched, private, and safe to cut off at any instant."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people import files
from emotion_perception.core.people.failures import damaged, in_words
from emotion_perception.core.people.schema import MIGRATIONS, About, upgrade, version_of

_PATIENCE = 5.0  # seconds that a statement waits for another process
_RETRY = 0.01
#: A process died in the middle of making the database, and only a connection that may write can tidy up after it.
_NEEDS_TIDYING = {sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY}
_SETTINGS = (
    "foreign_keys = ON",
    "secure_delete = ON",  # what is deleted is overwritten with zeros (erasure.py does the rest)
    "synchronous = FULL",  # what was acknowledged survives a power cut, not only the death of the process
    "temp_store = MEMORY",  # no copies in /tmp
    "trusted_schema = OFF",
)


class Database:
    """One connection, usable from any thread; a lock lets them take turns.

    new: what a database that is not there yet is made for; `about` is what this one is for. A file that is damaged,
    newer or another program's raises PeopleError and is left byte for byte as it is.
    """

    def __init__(self, path: Path, new: About, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        files.make(path)
        inspect(path, migrations)
        files.make_private(path)
        with in_words(path):
            self._connection = _connect(path, "rw")
            self._identity = files.identity(path)
            try:
                _use_write_ahead_log(self._connection, path)
                with self.reading() as connection:
                    version = version_of(connection, path, migrations)
                if version < len(migrations):
                    with self.writing() as connection:
                        upgrade(connection, path, new, migrations)
                with self.reading() as connection:
                    self.about = About.of(connection)
            except BaseException:
                self.close()
                raise

    def reading(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """Begin a transaction that sees one state of the database."""
        return self._transaction("BEGIN")

    def writing(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """Begin a transaction that is kept as a whole at its end, or not at all if it is left by an exception."""
        return self._transaction("BEGIN IMMEDIATE")

    @contextlib.contextmanager
    def maintaining(self, patience: float) -> Iterator[sqlite3.Connection]:
        """Lend the connection outside a transaction, to wait for other processes no longer than ``patience`` seconds.

        sqlite3.Error goes through as it is.
        """
        with self._lock:
            connection = self._open_connection()
            connection.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")
            try:
                yield connection
            finally:
                connection.execute(f"PRAGMA busy_timeout = {round(_PATIENCE * 1000)}")

    def close(self) -> None:
        """Let go of the file; idempotent."""
        with self._lock, contextlib.suppress(sqlite3.Error):  # what was acknowledged is in the file or its log already
            if self._connection is not None:
                connection, self._connection = self._connection, None
                connection.close()

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, in_words(self.path):
            connection = self._open_connection()
            connection.execute(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # SQLite has rolled back by itself after some errors
                    connection.execute("ROLLBACK")
                raise

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise PeopleError(f"{self.path} was closed: open it again.")
        if files.identity(self.path) != self._identity:  # SQLite would go on with a file that nobody else sees
            raise PeopleError(f"{self.path} was deleted or replaced while it was open: open it again.")
        return self._connection


def inspect(path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> About | None:
    """Check what a file is and every page of it, without changing it. Returns None for an empty database.

    PeopleError as from Database. The connection cannot write: one that can would, when it is closed, write the log of a
    process that died into a damaged file.
    """
    files.check(path)
    with in_words(path):
        try:
            return _inspected(path, "ro", migrations)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in _NEEDS_TIDYING:
                raise
        return _inspected(path, "rw", migrations)


def _inspected(path: Path, mode: str, migrations: Sequence[Sequence[str]]) -> About | None:
    with contextlib.closing(_connect(path, mode)) as connection:
        connection.execute("BEGIN")  # one state of a file that another process may be making
        if version_of(connection, path, migrations) == 0:
            return None
        # integrity_check takes 16 ms for 10,000 people with 5 embeddings each, quick_check 14 ms.
        if connection.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
            raise damaged(path)
        return About.of(connection)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    for setting in _SETTINGS:
        connection.execute(f"PRAGMA {setting}")
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection, path: Path) -> None:
    """Readers and a writer then do not wait for each other. Only the first process to open a new file changes it."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            # While two processes make the change at once SQLite gives up on one without waiting.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY)
    if mode != "wal":
        raise PeopleError(f"{path} is on a file system without shared memory: give a file on a local disk.")
