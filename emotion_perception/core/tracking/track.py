"""One face through time: where it is, what it looks like, and how sure we are that it is one person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.faces import Detection
from emotion_perception.core.tracking.appearance import LENGTH, different
from emotion_perception.core.tracking.motion import Motion

#: Views of a face that are remembered beside the latest one.
VIEWS = 6
#: Log-odds of `different` under which a view brings nothing new.
FAMILIAR = -4.0


class Track:
    """A face that was seen at least once.

    id: None until the track is published.
    last_seen: stamp of its latest detection, in seconds.
    alone: whether no other face touched it at its latest detection.
    cut_away: it stood where somebody else stands now; only its looks can bring it back.
    entangled: the tracks it touched since it was last seen alone: which is which, only looks can tell.
    """

    def __init__(self, detection: Detection, looks: NDArray[np.float32], stamp: float, *, alone: bool) -> None:
        self.id: str | None = None
        self.motion = Motion(detection)
        self.last_seen = stamp
        self.alone = alone
        self.cut_away = False
        self.entangled: set[Track] = set()
        self.restless = -9.0
        self._latest = looks[None]
        self._views = looks[None] if alone else np.empty((0, LENGTH), np.float32)

    def see(self, detection: Detection, looks: NDArray[np.float32], stamp: float, *, alone: bool) -> None:
        """The face was found in the frame of ``stamp``."""
        self.motion.correct(detection)
        self.last_seen = stamp
        self.alone = alone
        self.cut_away = False
        self._latest = looks[None]

    def remember(self) -> None:
        """Keep the latest detection as a view of this person, if it shows anything new."""
        if self.unlike_any_view(self._latest)[0] > FAMILIAR:
            self._views = np.concatenate((self._views[-(VIEWS - 1) :], self._latest))

    def unlike_latest(self, seen: NDArray[np.float32], *, surroundings: bool) -> NDArray[np.float32]:
        """Log-odds, (N,), that each of ``seen`` (N, LENGTH) is somebody else than the latest detection."""
        return different(self._latest, seen, surroundings=surroundings)[0]

    def unlike_any_view(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-odds, (N,), that each of ``seen`` is somebody else than every remembered view; +inf without views."""
        odds = different(self._views, seen, surroundings=False)
        return np.asarray(odds.min(axis=0, initial=np.inf), dtype=np.float32)
