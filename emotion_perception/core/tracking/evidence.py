"""How strongly position and looks say that a face in this frame is one that was seen before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.faces import Detection
from emotion_perception.core.tracking.appearance import describe
from emotion_perception.core.tracking.motion import measure
from emotion_perception.core.tracking.sighting import Sighting
from emotion_perception.core.tracking.track import CALMING, Track

#: Prior log-odds that a face is one of the known tracks and not a newcomer, who may be anywhere, ...
KNOWN = 3.0
#: ... of a size within this many e-folds.
SIZES = 3.0
#: Looks count for no more than this, in log-odds.
LOOKS_LIMIT = 6.0
#: Log-odds of `different` under which a face that was gone is recognised.
RECOGNISED = -3.0
#: Seconds after which the surroundings of a face are no longer compared.
SURROUNDINGS_LAST = 0.5
#: A face that changed by more than this from one frame to the next is somebody else ...
CUT = -0.6
#: ... in longer steps more is allowed: so much more a second beyond the first 60 ms, up to a limit ...
CUT_SLOPE, CUT_FROM, CUT_LIMIT = 8.0, 0.06, 1.5
#: Faces that met change more, as they were hidden in part.
CUT_AMID = 4.0
#: ... and it must be this much more than how it changed lately.
CUT_MARGIN = 2.5
#: A neighbour that comes or goes by less than this, in face sizes, does not hide anything.
STEADY = 0.1


@dataclass(frozen=True)
class Evidence:
    """For M tracks and N sightings.

    same: (M, N) log-odds that they are one person; -inf where that is ruled out.
    change: (M, N) log-odds, by looks alone, that they are not.
    cut: (M, N) whether a sighting is where the track was expected and yet somebody else.
    swapped: (M, N) whether a sighting is rather where one was expected that the track is entangled with.
    """

    same: NDArray[np.float64]
    change: NDArray[np.float64]
    cut: NDArray[np.bool_]
    swapped: NDArray[np.bool_]


def weigh(tracks: Sequence[Track], sightings: Sequence[Sighting], image: NDArray[np.uint8]) -> Evidence:
    """Compare every track with every sighting (at least one each) of the frame ``image``."""
    looks = np.stack([sighting.looks for sighting in sightings])
    room = np.array([sighting.room for sighting in sightings])
    alone = np.array([sighting.alone for sighting in sightings])
    near = np.stack([position_evidence(track, sightings, image) for track in tracks])
    change = np.stack([_change(track, looks, alone, sightings[0].stamp - track.last_seen) for track in tracks])
    cut = np.zeros(change.shape, np.bool_)
    for i, track in enumerate(tracks):
        lag = sightings[0].stamp - track.last_seen
        clear = alone | (not track.entangled) & (np.abs(room - track.latest.room) < STEADY)
        for j in np.flatnonzero((near[i] > 0) & clear & (change[i] > _most_change(track, lag))):
            change[i, j] = min(change[i, j], _second_look(track, sightings[int(j)], image, lag))
            cut[i, j] = change[i, j] > _most_change(track, lag)
    near_group = _of_entangled(tracks, near)
    same = near_group - _limited(change, near, alone)
    same[cut] = -np.inf
    for i, track in enumerate(tracks):
        if track.cut_away:
            same[i, track.unlike_views(looks) > RECOGNISED] = -np.inf
    return Evidence(same, change, cut, swapped=near_group > near)


def position_evidence(track: Track, sightings: Sequence[Sighting], image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Log-odds, (N,), by place and size alone, that each sighting is the track and not a newcomer."""
    measured = np.array([measure(sighting.detection) for sighting in sightings])
    return track.motion.log_density(measured) + math.log(image.shape[0] * image.shape[1] * SIZES) + KNOWN


def _change(track: Track, looks: NDArray[np.float32], alone: NDArray[np.bool_], lag: float) -> NDArray[np.float64]:
    """Log-odds, (N,), that the track became somebody else; after it met others only its older views can tell."""
    views = track.unlike_views(looks).astype(np.float64)
    if track.entangled:
        return views
    latest = track.unlike_latest(looks, surroundings=False)
    if track.latest.alone and lag <= SURROUNDINGS_LAST:
        around = track.unlike_latest(looks, surroundings=True)
        latest = np.where(alone, np.maximum(latest, around), latest)
    return (latest + views) / 2


def _most_change(track: Track, lag: float) -> float:
    """The greatest change after ``lag`` seconds that still is the same person, turning the head."""
    if track.entangled:
        return CUT_AMID
    usual = min(CUT_LIMIT, CUT + CUT_SLOPE * max(0.0, lag - CUT_FROM))
    return max(usual, track.restless - CALMING * lag + CUT_MARGIN)


def _second_look(track: Track, sighting: Sighting, image: NDArray[np.uint8], lag: float) -> float:
    """The change with the size that the face should have, as a box may jump, and with the brightness of before."""
    half = track.motion.size / 2
    centre = sighting.detection.centre
    box = np.concatenate((centre - half, centre + half)).astype(np.float32)
    resized = Detection(box, sighting.detection.confidence)
    gain = max(track.latest.brightness, 1.0) / max(sighting.brightness, 1.0)
    looks = describe(image, resized, gain=gain)[None]
    return float(_change(track, looks, np.array([sighting.alone]), lag)[0])


def _of_entangled(tracks: Sequence[Track], near: NDArray[np.float64]) -> NDArray[np.float64]:
    """``near`` with each track's evidence raised to the best of those it is entangled with: it may be any of them."""
    index = {track: i for i, track in enumerate(tracks)}
    return np.stack([near[[i, *(index[other] for other in track.entangled)]].max(axis=0) for track, i in index.items()])


def _limited(change: NDArray[np.float64], near: NDArray[np.float64], alone: NDArray[np.bool_]) -> NDArray[np.float64]:
    """``change`` within bounds; of faces that hide each other only how much more than for the likeliest track."""
    limited = np.clip(change, -LOOKS_LIMIT, LOOKS_LIMIT)
    for j in np.flatnonzero(~alone):
        likely = near[:, j] > 0
        if likely.any():
            limited[:, j] -= limited[likely, j].min()
    return limited
