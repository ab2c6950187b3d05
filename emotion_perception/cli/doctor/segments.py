"""Fast DDS's files in shared memory, and which of them a process left there when it was killed.

A process makes a segment `fastrtps_<id>` for what it sends and a port `fastrtps_port<number>` (with a semaphore) for
what it receives, and keeps a lock (flock) on a file beside each, named `…_el` or, where several processes share it,
`…_sl`. The kernel releases the lock when the process ends, however it ends: what nobody locks is dead. Fast DDS's own
`fastdds shm clean` goes by the same rule, but passes over ports whose lock file is gone.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emotion_perception.core.locking import locked

SHARED_MEMORY = Path("/dev/shm")
_FILE = re.compile(r"(?:sem\.)?(fast(?:rtps|dds)_(?:port\d+|[0-9a-z]{16}))(?:_el|_sl|_mutex)?")
_IN_THE_MAKING = 60.0  # seconds; a port is made before its lock


@dataclass(frozen=True)
class Leftover:
    """A segment or port that no process holds: its files, and the bytes of memory they take."""

    name: str
    files: tuple[Path, ...]
    size: int


def find_leftovers(folder: Path = SHARED_MEMORY) -> list[Leftover]:
    """Return what is dead. Each lock is taken for a moment, and no file is changed."""
    found = []
    mapped: set[str] | None = None
    for name, files in _group(folder).items():
        with _hold_locks(files) as held:
            if held is None:
                continue
            if not held:  # no lock file: dead if no process uses it, as far as this user may see
                mapped = _mapped(folder) if mapped is None else mapped
                if name in mapped or _age(files) < _IN_THE_MAKING:
                    continue
            found.append(Leftover(name, files, sum(map(_size, files))))
    return found


def remove(leftover: Leftover) -> bool:
    """Delete its files and return True; False if a process has taken it up again. PermissionError if it is not ours."""
    with _hold_locks(leftover.files) as held:
        if held is None:
            return False
        for path in leftover.files:  # the locks, which other processes look at, go last
            path.unlink(missing_ok=True)
    return True


def _group(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Return name -> its files, the lock files last."""
    groups: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        match = _FILE.fullmatch(path.name)
        if match:
            groups.setdefault(match[1], []).append(path)
    return {name: tuple(sorted(files, key=_is_lock)) for name, files in groups.items()}


def _is_lock(path: Path) -> bool:
    return path.name.endswith(("_el", "_sl"))


@contextlib.contextmanager
def _hold_locks(files: tuple[Path, ...]) -> Iterator[list[int] | None]:
    """Take the locks of all lock files; None if another process holds one of them, or it cannot be asked."""
    held: list[int] = []
    refused = False
    with contextlib.ExitStack() as stack:
        for path in filter(_is_lock, files):
            try:
                held.append(stack.enter_context(locked(path, wait=False, make=False)))
            except FileNotFoundError:
                continue
            except OSError:
                refused = True
                break
        yield None if refused else held


def _mapped(folder: Path) -> set[str]:
    """Return names of the files in the folder that a process has mapped."""
    names = set()
    for maps in Path("/proc").glob("[0-9]*/maps"):
        with contextlib.suppress(OSError):  # ended meanwhile, or another user's
            names.update(re.findall(rf"{re.escape(str(folder))}/(\S+)", maps.read_text(errors="replace")))
    return names


def _age(files: tuple[Path, ...]) -> float:
    return time.time() - max((_status(path, "st_mtime") for path in files), default=0.0)


def _size(path: Path) -> int:
    return int(_status(path, "st_blocks")) * 512


def _status(path: Path, field: str) -> float:
    try:
        return float(getattr(path.stat(), field))
    except FileNotFoundError:
        return 0.0
