"""Phrases that a cloud has spoken before, on the disk: said again at once, and not sent again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path

from emotion_perception.core.paths import cache_dir

_PRIVATE, _PRIVATE_FOLDER = 0o600, 0o700
_SUFFIX = ".sound"
_KEPT = 30 * 24 * 3600.0  # seconds after which a phrase that nobody said again is deleted


class PhraseCache:
    """A folder of sounds for its owner alone, of ``limit`` bytes at most: what was not said for longest makes room.

    It holds sound, in which names may be heard; texts are in it as hashes only. A disk that refuses is no fault here:
    then nothing is remembered.
    """

    def __init__(self, folder: Path | None = None, *, limit: int) -> None:
        self.folder = folder or cache_dir() / "phrases"
        self._limit = limit
        self._trim()

    def get(self, *key: str) -> bytes | None:
        """Return what was kept for a key, and remember that it was used."""
        path = self._path(key)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return content

    def has(self, *key: str) -> bool:
        """Whether there is something for a key."""
        return self._path(key).exists()

    def put(self, content: bytes, *key: str) -> None:
        """Keep the content for a key."""
        if len(content) > self._limit:
            return
        path = self._path(key)
        new = path.with_suffix(f".{os.getpid()}.new")
        with contextlib.suppress(OSError):
            self._make_folder()
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            new.replace(path)
        self._trim()

    def drop(self, *key: str) -> None:
        """Forget what was kept for a key, as it is damaged."""
        with contextlib.suppress(OSError):
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: tuple[str, ...]) -> Path:
        return self.folder / (hashlib.sha256("\0".join(key).encode()).hexdigest() + _SUFFIX)

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        if self.folder.stat().st_mode & 0o077:
            self.folder.chmod(_PRIVATE_FOLDER)

    def _trim(self) -> None:
        """Delete what is too old or too much, the least recently used first."""
        found = []
        with contextlib.suppress(OSError):
            for path in self.folder.glob(f"*{_SUFFIX}"):
                with contextlib.suppress(OSError):
                    state = path.stat()
                    found.append((state.st_mtime, state.st_size, path))
        total = sum(size for _, size, _ in found)
        for used, size, path in sorted(found):
            if total <= self._limit and time.time() - used < _KEPT:
                break
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            total -= size
