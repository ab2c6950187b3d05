"""The files of a database on the disk: made for their owner alone, and never opened here.

A process that closes any descriptor of a file loses its locks on it, those of SQLite too (https://sqlite.org/howtocorrupt
.html, 2.2): so a database that may be in use is looked at by name only.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people.failures import damaged
from emotion_perception.core.people.person import shown

_BESIDE = ("-wal", "-shm", "-journal")
_PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700


def resolved(path: Path) -> Path:
    """Return where a path leads; SQLite keeps its log beside a file itself, and not beside a link to it."""
    try:
        return path.expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise PeopleError(f"{shown(str(path))} leads nowhere: give a file in a folder of yours.") from error


def make(path: Path) -> None:
    """Make an empty file with mode 0600, and its folder with 0700, unless they are there."""
    with _in_words(path):
        path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        try:
            os.mknod(path, stat.S_IFREG | _PRIVATE)
        except FileExistsError:
            return
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # the name must survive a power cut as the content does
        finally:
            os.close(folder)


def there(path: Path) -> bool:
    """Whether anything was ever written to the database."""
    with _in_words(path):
        return path.exists() and path.stat().st_size > 0


def check(path: Path) -> None:
    """PeopleError if this is no plain file, or one that lost its content but not its log."""
    with _in_words(path):
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise PeopleError(f"{path} is not a file: give one to keep people in.")
        log = _beside(path, "-wal")
        if found.st_size == 0 and log.exists() and log.stat().st_size > 0:
            raise damaged(path)  # SQLite would take it for a new database, and delete the log


def make_private(path: Path) -> None:
    """Take everybody else's permissions on the files away."""
    with _in_words(path):
        for file in (path, *(_beside(path, suffix) for suffix in _BESIDE)):
            with contextlib.suppress(FileNotFoundError):
                mode = stat.S_IMODE(file.stat().st_mode)
                if mode & ~_PRIVATE:
                    file.chmod(mode & _PRIVATE)


def make_private_folder(folder: Path) -> None:
    """Make a folder, or one that is there, accessible to its owner alone."""
    with _in_words(folder):
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) & ~_PRIVATE_FOLDER:
            folder.chmod(_PRIVATE_FOLDER)


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another that takes its name; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def remove_what_is_left(path: Path) -> None:
    """Remove the log and its kin of a database that somebody deleted: they hold what was in it."""
    if identity(path) is None:
        with _in_words(path):
            for suffix in _BESIDE:
                _beside(path, suffix).unlink(missing_ok=True)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


@contextlib.contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PeopleError(
            f"{path} cannot be made or opened ({error.strerror}): make it a file of yours in a folder of yours, with "
            "space left, or give another one."
        ) from error
