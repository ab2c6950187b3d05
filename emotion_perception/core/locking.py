"""Locks between processes, which the end of a process lets go, a kill too."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True, make: bool = True) -> Iterator[int]:
    """Hold the lock of a file, which is made if it is not there, or without ``make`` also of a folder.

    Yields what it is opened as. BlockingIOError if another holds it and this is not to wait; OSError if it can be
    neither opened nor made.
    """
    handle = os.open(path, os.O_RDONLY | (os.O_CREAT if make else 0), 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield handle
    finally:
        os.close(handle)
