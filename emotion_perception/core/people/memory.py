"""The people store as a running robot uses it: reopened after trouble, reloaded when another process changes it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people import files
from emotion_perception.core.people.gallery import Gallery
from emotion_perception.core.people.person import Consent, Person
from emotion_perception.core.people.store import PeopleStore

#: Seconds between two attempts to open a store that cannot be opened, two notes of who was seen, and two purges.
_REOPEN_INTERVAL = 5.0
_SAW_INTERVAL = 10.0
_PURGE_INTERVAL = 3600.0


class Memory:
    """A people store that may be out of order for a while; any thread may call any method.

    embedder, dimension: what its embeddings are made by. retention_days: how long after a person was last seen they
    are forgotten; 0 for never. `tick` does what is due and never raises; ``trouble`` says in a sentence what is wrong
    with the store, or is None. The other methods raise PeopleError, with that sentence while there is no store.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        embedder: str,
        dimension: int,
        retention_days: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_store = partial(PeopleStore, path, embedder=embedder, dimension=dimension)
        self._dimension = dimension
        self._retention_days = retention_days or None
        self._clock = clock
        self._lock = threading.RLock()
        self._store: PeopleStore | None = None
        self._file: tuple[int, int] | None = None
        self._saw: dict[str, float] = {}
        self._due = dict.fromkeys(("open", "saw", "purge"), clock())
        self._loaded = False
        self.trouble: str | None = None

    def tick(self, now: float) -> Gallery | None:
        """Do what is due, ``now`` being the time of day (seconds since 1970); return the people if they changed."""
        with self._lock:
            try:
                gallery = self._work(now)
            except PeopleError as error:
                self.trouble = str(error)
                # Without a store nobody is known, as before the first one.
                return self._load(None) if self._store is None and self._loaded else None
            if self._store is not None:
                self.trouble = None
            return gallery

    def saw(self, person: str, at: float) -> None:
        """Note that a person was seen at a time of day; written together with others, now and then."""
        with self._lock:
            self._saw[person] = max(at, self._saw.get(person, at))

    def enroll(self, name: str, embeddings: NDArray[np.float32], *, consent: Consent, language: str) -> Person:
        """Remember a person by embeddings (N, D)."""
        with self._lock:
            return self._opened().enroll(
                name, embeddings, consent=consent, language=language, retention_days=self._retention_days
            )

    def forget(self, who: str) -> Person:
        """Erase a person, given their UUID or a name that only they bear; return who it was."""
        with self._lock:
            person = self._opened().find(who)
            self._opened().forget(person.id)
            self._saw.pop(person.id, None)
            return person

    def forget_all(self) -> int:
        """Erase everyone; return how many."""
        with self._lock:
            self._saw.clear()
            return self._opened().forget_all()

    def people(self) -> list[Person]:
        """Return everyone."""
        with self._lock:
            return self._opened().people()

    def gallery(self) -> Gallery:
        """Return everyone with their embeddings."""
        with self._lock:
            return self._opened().gallery()

    def close(self) -> None:
        """Write who was seen and let go of the file."""
        with self._lock:
            if self._store is None:
                return
            try:
                self._store.saw(self._saw)
            except PeopleError as error:
                self.trouble = str(error)
            self._saw = {}
            self._shut()

    def _work(self, now: float) -> Gallery | None:
        if self._store is not None and files.identity(self._store.path) != self._file:
            self._shut()  # deleted or replaced: what it held must not be known any longer
        if self._store is None:
            if not self._is_due("open", _REOPEN_INTERVAL):
                return None
            self._store = self._open_store()
            self._file = files.identity(self._store.path)
            self._loaded = False
        if self._is_due("purge", _PURGE_INTERVAL):
            self._store.purge(now)
        if self._saw and self._is_due("saw", _SAW_INTERVAL):
            saw, self._saw = self._saw, {}
            self._store.saw(saw)
        if self._loaded and not self._store.changed():
            return None
        return self._load(self._store)

    def _load(self, store: PeopleStore | None) -> Gallery:
        gallery = Gallery.empty(self._dimension) if store is None else store.gallery()
        self._loaded = store is not None
        return gallery

    def _is_due(self, what: str, interval: float) -> bool:
        if self._clock() < self._due[what]:
            return False
        self._due[what] = self._clock() + interval
        return True

    def _shut(self) -> None:
        assert self._store is not None
        self._store.close()
        self._store = None
        self._due["open"] = self._clock()

    def _opened(self) -> PeopleStore:
        if self._store is None:
            raise PeopleError(self.trouble or "the people store is not open yet: try again in a moment")
        return self._store
