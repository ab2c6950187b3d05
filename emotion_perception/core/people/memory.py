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
#: A stamp before 2000 is no time of day: a camera that counts from its own start gives such ones.
_YEAR_2000 = 946_684_800.0


class Memory:
    """A people store that may be out of order for a while; any thread may call any method.

    embedder, dimension: what its embeddings are made by. retention_days: how long after a person was last seen they
    are forgotten; 0 for never. `tick` does what is due and never raises; ``trouble`` says in a sentence what is wrong
    with the store, or is None. `saw` waits for nothing; the other methods wait for the disk, and raise PeopleError.
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
        self._retention_days = retention_days or None
        self._clock = clock
        self._lock = threading.RLock()
        self._store: PeopleStore | None = None
        self._file: tuple[int, int] | None = None
        self._saw: dict[str, float] = {}
        self._saw_lock = threading.Lock()
        self._due = dict.fromkeys(("open", "saw", "purge"), clock())
        self._loaded = False
        self._closed = False
        #: Nobody, for embeddings of this memory.
        self.nobody = Gallery.empty(dimension)
        self.trouble: str | None = None

    def tick(self, now: float) -> Gallery | None:
        """Do what is due, ``now`` being the time of day (seconds since 1970); return the people if they changed."""
        with self._lock:
            if self._closed:
                return None
            gallery: Gallery | None = None
            try:
                store = self._opened()
                if not self._loaded or store.changed():
                    gallery = store.gallery()
                    self._loaded = True
                self._note_who_was_seen(store)
                if self._purge(store, now):
                    gallery = store.gallery()
            except PeopleError as error:
                self.trouble = str(error)
                if self._store is None and self._loaded:
                    self._loaded = False
                    return self.nobody  # what is not there any longer must not be known any longer
                return gallery
            self.trouble = None
            return gallery

    def saw(self, person: str, stamp: float) -> None:
        """Note that a person was seen at a time of day; written together with others, now and then.

        A stamp that is no time of day, or one to come, counts as now.
        """
        now = time.time()
        at = min(stamp, now) if stamp >= _YEAR_2000 else now
        with self._saw_lock:
            self._saw[person] = max(at, self._saw.get(person, at))

    def enroll(self, name: str, embeddings: NDArray[np.float32], *, consent: Consent, language: str) -> Person:
        """Remember a person by embeddings (N, D)."""
        with self._lock:
            return self._opened().enroll(
                name, embeddings, consent=consent, language=language, retention_days=self._retention_days
            )

    def find(self, who: str) -> Person:
        """Return a person, given their UUID or a name that only they bear."""
        with self._lock:
            return self._opened().find(who)

    def forget(self, person_id: str) -> None:
        """Erase a person; see `erasing`."""
        with self._lock:
            self._opened().forget(person_id)

    def forget_all(self) -> int:
        """Erase everyone; return how many. See `erasing`."""
        with self._lock:
            return self._opened().forget_all()

    @property
    def erasing(self) -> bool:
        """Whether bytes of somebody forgotten are still in the files, as another process reads them: `tick` goes on."""
        with self._lock:
            return self._store is not None and self._store.erasing

    def people(self) -> list[Person]:
        """Return everyone."""
        with self._lock:
            return self._opened().people()

    def gallery(self) -> Gallery:
        """Return everyone with their embeddings."""
        with self._lock:
            return self._opened().gallery()

    def close(self) -> None:
        """Write who was seen and let go of the file, for good."""
        with self._lock:
            self._closed = True
            if self._store is None:
                return
            try:
                self._due["saw"] = self._clock()
                self._note_who_was_seen(self._store)
            except PeopleError as error:
                self.trouble = str(error)
            self._shut()

    def _opened(self) -> PeopleStore:
        if self._closed:
            raise PeopleError("the people store is closed: activate face_identity, and try again")
        if self._store is not None and files.identity(self._store.path) != self._file:
            path = self._store.path
            self._shut()  # deleted or replaced: what it held must not be known any longer
            files.remove_what_is_left(path)
        if self._store is None:
            if self.trouble and self._clock() < self._due["open"]:
                raise PeopleError(self.trouble)
            self._due["open"] = self._clock() + _REOPEN_INTERVAL
            self._store = self._open_store()
            self._file = files.identity(self._store.path)
        return self._store

    def _note_who_was_seen(self, store: PeopleStore) -> None:
        if self._clock() < self._due["saw"]:
            return
        with self._saw_lock:
            saw, self._saw = self._saw, {}
        if saw:
            store.saw(saw)
            self._due["saw"] = self._clock() + _SAW_INTERVAL

    def _purge(self, store: PeopleStore, now: float) -> int:
        if self._clock() < self._due["purge"]:
            return 0
        self._due["saw"] = self._clock()
        self._note_who_was_seen(store)  # first, or somebody seen a moment ago might go
        purged = store.purge(now)
        self._due["purge"] = self._clock() + _PURGE_INTERVAL
        return purged

    def _shut(self) -> None:
        assert self._store is not None
        self._store.close()
        self._store = None
        self._loaded = self._loaded and not self._closed
        self._due["open"] = self._clock()
