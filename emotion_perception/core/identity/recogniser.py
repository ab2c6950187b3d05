"""From single looks at faces to people: when to look, whom the looks agree on, and who of two rivals it is."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.people.gallery import Gallery
from emotion_perception.core.people.person import Person

#: Looks of a face that vote, the newest ones; looks that must agree before a name is given; looks after which a face
#: that nobody knows counts as a stranger, and after which age and gender are told.
WINDOW = 5
AGREEING = 2
ENOUGH = 3
#: Seconds between two looks at a face while it is unsure who it is; doubled with every WINDOW looks, up to the interval
#: of a sure face, so that a face that stays hard does not cost for ever.
UNSURE_INTERVAL = 0.2
#: Seconds between two looks at a face that is being enrolled: long enough for them to differ.
ENROLMENT_INTERVAL = 0.4
_DOUBLINGS = 16
#: Seconds after which a face that was seen badly is judged again.
BAD_LOOK_INTERVAL = 0.1
#: Seconds after which a face that was not seen is forgotten, with all that its looks told.
MEMORY = 2.0
#: By how much another face's confidence must be higher to take a person over from the face that has them.
MARGIN = 0.1
#: Estimates of age and gender that are averaged, the newest ones; the standard deviation above which those of age say
#: nothing (years), and how far from one half those of gender must be to say anything.
ESTIMATES = 15
AGE_SPREAD = 12.0
GENDER_MARGIN = 0.15


@dataclass(frozen=True, eq=False)
class Look:
    """What one good frame of a face told.

    embedding: (D,) float32, or None when none was asked for.
    age: years; female: probability 0..1; NaN when not estimated.
    quality: of the frame, 0..1: the weight of its estimates.
    memorable: whether the frame is good enough to remember somebody by.
    """

    stamp: float
    quality: float
    embedding: NDArray[np.float32] | None = None
    age: float = math.nan
    female: float = math.nan
    memorable: bool = False


@dataclass(frozen=True)
class Identification:
    """Who a face belongs to: a person and the probability that this is right, or None and 0; and the estimates.

    decided: whether it was looked at often enough to tell, so that a face without a person is a stranger's.
    """

    person: Person | None = None
    confidence: float = 0.0
    age: float = math.nan
    female_probability: float = math.nan
    decided: bool = False


@dataclass(eq=False)
class _Track:
    seen: float
    looked: float = -math.inf
    not_before: float = -math.inf
    count: int = 0
    looks: deque[Look] = field(default_factory=lambda: deque(maxlen=WINDOW))
    votes: deque[tuple[str | None, float]] = field(default_factory=lambda: deque(maxlen=WINDOW))
    estimates: deque[Look] = field(default_factory=lambda: deque(maxlen=ESTIMATES))
    person: str | None = None
    wanted: int = 0  # enrolments that wait for it
    refusal: str = ""

    @property
    def interval(self) -> float:
        """Seconds between two looks while it is unsure whose face this is."""
        if self.wanted:
            return ENROLMENT_INTERVAL
        return UNSURE_INTERVAL * 2 ** min(self.count // WINDOW, _DOUBLINGS)

    def settle(self) -> None:
        """Choose the person whom most looks name; one once chosen stays until no look names them, or another wins."""
        names = [name for name, _ in self.votes]
        for name in {each for each in names if each is not None}:
            if names.count(name) >= AGREEING and 2 * names.count(name) > len(names):
                self.person = name
        if self.person not in names:
            self.person = None

    @property
    def confidence(self) -> float:
        """Of the chosen person: their votes' confidence, shared out over all votes."""
        return sum(sure for name, sure in self.votes if name == self.person) / max(1, len(self.votes))


class Recogniser:
    """Gathers looks per face (track) and tells whose face each is.

    gallery: the people to know. confidence: distance -> probability that a match is right.
    threshold: largest distance of a match; to be read, and changed by `set`.
    refresh: seconds between two looks at a face that is sure.
    recognise, estimate: whether faces are compared with people, and whether age and gender are estimated.

    Stamps are seconds of one clock, so that a replay gives the same answers. Embeddings of strangers are held in
    memory while their face is in view, so that somebody who enrols is known at once, and nowhere else.
    """

    def __init__(
        self,
        gallery: Gallery,
        *,
        confidence: Callable[[float], float],
        threshold: float,
        refresh: float,
        recognise: bool = True,
        estimate: bool = True,
    ) -> None:
        self._gallery = gallery
        self._confidence = confidence
        self._tracks: dict[str, _Track] = {}
        self._holders: dict[str, str] = {}
        self.set(threshold=threshold, refresh=refresh, recognise=recognise, estimate=estimate)

    def set(self, *, threshold: float, refresh: float, recognise: bool, estimate: bool) -> None:
        """Change how faces are looked at; what was seen so far is judged again."""
        self.threshold, self._refresh = threshold, refresh
        self._recognise, self._estimate = recognise, estimate
        if not recognise:
            for track in self._tracks.values():
                track.looks.clear()
        self.use(self._gallery)

    def use(self, gallery: Gallery) -> None:
        """Know these people from now on: who is no longer among them is not named any more."""
        self._gallery = gallery
        self._people = {person.id: person for person in gallery.people}
        for track in self._tracks.values():
            track.votes.clear()
            for look in track.looks:
                track.votes.append(self._vote(look))
            track.settle()

    def see(self, stamp: float, faces: Collection[str]) -> None:
        """Note the faces in view; those that left MEMORY ago, or before a clock that was set back, are forgotten."""
        for face in faces:
            self._tracks.setdefault(face, _Track(stamp)).seen = stamp
        for face in [face for face, track in self._tracks.items() if abs(stamp - track.seen) > MEMORY]:
            del self._tracks[face]

    def due(self, stamp: float, faces: Collection[str]) -> list[str]:
        """Return which of these faces it is time to look at, the most urgent first: wanted, never seen, unsure, old."""
        waiting = []
        for face in faces:
            track = self._tracks.get(face)
            if track is None or not (self.embeds(face) or self._estimate):
                continue
            sure = self._sure(track)
            since = abs(stamp - track.looked)
            interval = self._refresh if sure else min(track.interval, self._refresh)
            if since >= 0.99 * interval and stamp >= track.not_before:  # stamps are floats
                waiting.append((track.wanted == 0, sure, -since, face))
        return [face for *_, face in sorted(waiting)]

    def embeds(self, face: str) -> bool:
        """Whether a look at this face has to embed it: there is somebody to compare with, or it is being enrolled."""
        return self._recognise and bool(self._gallery.people or self.wanted(face))

    @property
    def recognises(self) -> bool:
        """Whether faces are compared with people."""
        return self._recognise

    @property
    def estimates(self) -> bool:
        """Whether a look has to estimate age and gender."""
        return self._estimate

    def looking(self, face: str, stamp: float) -> None:
        """Note that a look at this face was begun."""
        if face in self._tracks:
            self._tracks[face].looked = stamp
            self._tracks[face].count += 1

    def learn(self, face: str, look: Look) -> None:
        """Take what a look told; a face that left meanwhile is ignored."""
        track = self._tracks.get(face)
        if track is None:
            return
        if look.embedding is not None and self._recognise:
            track.looks.append(look)
            track.votes.append(self._vote(look))
            track.settle()
        if math.isfinite(look.age):
            track.estimates.append(look)

    def seen_badly(self, face: str, stamp: float, refusal: str) -> None:
        """Note that a face was not worth a look in this image, or not to remember somebody by, and why."""
        if face in self._tracks:
            self._tracks[face].refusal = refusal
            self._tracks[face].not_before = stamp + BAD_LOOK_INTERVAL

    def want(self, face: str) -> None:
        """Look at this face first and embed it, as somebody is being enrolled, until `release`."""
        if face in self._tracks:
            self._tracks[face].wanted += 1
            self._tracks[face].refusal = ""

    def release(self, face: str) -> None:
        """End a `want`."""
        if face in self._tracks:
            self._tracks[face].wanted = max(0, self._tracks[face].wanted - 1)

    def wanted(self, face: str) -> bool:
        """Whether somebody is being enrolled by this face."""
        return face in self._tracks and self._tracks[face].wanted > 0

    def refusal(self, face: str) -> str:
        """Return what was wrong with the face when it was last seen badly; empty if nothing was."""
        return self._tracks[face].refusal if face in self._tracks else ""

    def memorable(self, face: str) -> NDArray[np.float32] | None:
        """Return the embeddings (N, D) of the newest looks that are memorable, or None when the face is not in view."""
        track = self._tracks.get(face)
        if track is None:
            return None
        found = [look.embedding for look in track.looks if look.memorable and look.embedding is not None]
        return np.array(found, np.float32).reshape(len(found), self._gallery.embeddings.shape[1])

    def identify(self, faces: Sequence[str]) -> list[Identification]:
        """Tell who these faces, all those in view, belong to; nobody is given to two of them."""
        holders: dict[str, str] = {}
        claims = [(face, self._tracks[face]) for face in faces if face in self._tracks]
        for face, track in sorted(claims, key=lambda claim: (-self._claim(*claim), claim[0])):
            if track.person is not None:
                holders.setdefault(track.person, face)
        self._holders = holders
        return [self._identification(face) for face in faces]

    def _claim(self, face: str, track: _Track) -> float:
        """Return how strong a face's claim is; whoever holds the person already has a head start."""
        return track.confidence + (MARGIN if self._holders.get(track.person or "") == face else 0.0)

    def _identification(self, face: str) -> Identification:
        track = self._tracks.get(face)
        if track is None:
            return Identification()
        age, female = _estimates(track.estimates) if self._estimate else (math.nan, math.nan)
        if track.person is None or self._holders.get(track.person) != face:
            return Identification(None, 0.0, age, female, self._decided(track))
        return Identification(self._people[track.person], track.confidence, age, female, True)

    def _decided(self, track: _Track) -> bool:
        """Whether a face that is nobody's is a stranger's: no look of enough names anybody, or too many disagree."""
        if not (self._recognise and self._gallery.people):
            return True
        names = {name for name, _ in track.votes}
        return len(track.votes) >= (ENOUGH if names == {None} else WINDOW)

    def _vote(self, look: Look) -> tuple[str | None, float]:
        if look.embedding is None or not self._recognise or not self._gallery.people:
            return None, 0.0
        distances = self._gallery.distances(look.embedding)
        nearest = int(np.argmin(distances))
        if distances[nearest] > self.threshold:
            return None, 0.0
        return self._gallery.people[nearest].id, self._confidence(float(distances[nearest]))

    def _sure(self, track: _Track) -> bool:
        if track.wanted > 0 or (self._estimate and len(track.estimates) < ENOUGH):
            return False
        if not (self._recognise and self._gallery.people):
            return True
        names = {name for name, _ in track.votes}
        return len(names) == 1 and len(track.votes) >= (ENOUGH if track.person is None else AGREEING)


def _estimates(looks: Collection[Look]) -> tuple[float, float]:
    """Return age and probability of female, averaged with the frames' quality as weight; NaN while unsure."""
    if len(looks) < ENOUGH:
        return math.nan, math.nan
    weights = np.array([max(look.quality, 1e-3) for look in looks])
    ages = np.array([look.age for look in looks])
    age = float(np.average(ages, weights=weights))
    spread = math.sqrt(float(np.average((ages - age) ** 2, weights=weights)))
    female = float(np.average([look.female for look in looks], weights=weights))
    return (age if spread <= AGE_SPREAD else math.nan), (female if abs(female - 0.5) >= GENDER_MARGIN else math.nan)
