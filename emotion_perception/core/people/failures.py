"""What SQLite reports, in words that name the file and the remedy."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from emotion_perception.core.errors import PeopleError

_PRIMARY = 0xFF  # an extended result code carries the primary one in its lowest byte (https://sqlite.org/rescode.html)
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SENTENCES = {
    sqlite3.SQLITE_BUSY: "{path} is being written by another process that does not end: try again in a moment.",
    sqlite3.SQLITE_FULL: "{path} has no room to grow, and nothing was changed: free space on its disk and try again.",
    sqlite3.SQLITE_READONLY: "{path} is read-only, and nothing was changed: give yourself permission to write to it "
    "and to its folder.",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened: give yourself permission to read and write it and its folder, "
    "and see that the disk is not full.",
    sqlite3.SQLITE_IOERR: "{path} cannot be read or written, and nothing was changed: see that its disk is not full "
    "and not failing.",
}


def damaged(path: Path) -> PeopleError:
    """Return the error for a database whose content is not what was written; nothing touches such a file."""
    return PeopleError(
        f"{path} is damaged and was left as it is: move it, with the -wal and -shm files beside it if there are any, "
        "to another folder, then import an export or enrol again."
    )


@contextlib.contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what sqlite3 raises inside into a PeopleError about the database at ``path``."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter: SQLite quotes a spoilt name in its message
        raise _explained(error, path) from error


def _explained(error: Exception, path: Path) -> PeopleError:
    """Return the PeopleError that says what ``error`` means for the database at ``path``."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & _PRIMARY  # none: text that is no UTF-8
    if code in _SENTENCES:
        return PeopleError(_SENTENCES[code].format(path=path))
    if code in _DAMAGED or code == sqlite3.SQLITE_ERROR:  # SQLITE_ERROR: a table or column that is not there
        return damaged(path)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return PeopleError(f"{path} cannot be used ({name}): see that its disk works, or give another file.")
