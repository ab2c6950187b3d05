"""One face through time: where it is, what it looks like, and whom it may have been mistaken for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.tracking.appearance import different
from emotion_perception.core.tracking.motion import Motion
from emotion_perception.core.tracking.sighting import Sighting

#: Views of a face that are remembered beside the latest one.
VIEWS = 6
#: Log-odds of `different` under which a view brings nothing new.
FAMILIAR = -5.0
#: Change per second by which a restless face is taken to have calmed down, in log-odds.
CALMING = 3.0


class Track:
    """A face that was seen at least once.

    id: None until the track is published.
    born, last_seen: stamps of its first and latest sighting, in seconds.
    cut_away: it stood where somebody else stands now; only its looks can bring it back.
    entangled: the tracks it met since it was last seen alone: which is which, only looks can tell.
    views: (1..VIEWS, LENGTH) descriptors of what this person was seen to look like.
    restless: how much it changed from sighting to sighting lately, in log-odds of having become somebody else.
    """

    def __init__(self, sighting: Sighting) -> None:
        self.id: str | None = None
        self.motion = Motion(sighting.detection)
        self.born = sighting.stamp
        self.latest = sighting
        self.cut_away = False
        self.entangled: set[Track] = set()
        self.restless = -np.inf
        self.views = sighting.looks[None]

    @property
    def last_seen(self) -> float:
        """Stamp of the latest sighting, in seconds."""
        return self.latest.stamp

    def see(self, sighting: Sighting, change: float, *, swapped: bool) -> None:
        """The face was found again, ``change`` (log-odds) unlike before; swapped: not where this track went."""
        self.restless = max(self.restless - CALMING * (sighting.stamp - self.last_seen), change)
        if swapped:
            self.motion = Motion(sighting.detection)
        else:
            self.motion.correct(sighting.detection)
        self.latest = sighting
        self.cut_away = False

    def remember(self) -> None:
        """Keep the latest sighting as a view of this person, if it shows anything new."""
        looks = self.latest.looks[None]
        if self.unlike_views(looks)[0] > FAMILIAR:
            self.views = np.concatenate((self.views[-(VIEWS - 1) :], looks))

    def unlike_views(self, looks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-odds, (N,), that each of ``looks`` is somebody else than every remembered view shows."""
        return np.asarray(different(self.views, looks).min(axis=0), dtype=np.float32)

    def become(self, younger: Track) -> None:
        """Go on where ``younger`` is: it turned out to be this person."""
        self.motion, self.latest, self.restless = younger.motion, younger.latest, younger.restless
        self.cut_away = False
