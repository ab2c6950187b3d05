"""How strongly position and looks say that a face in this frame is one that was seen before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.faces import Detection
from emotion_perception.core.tracking.appearance import describe, different, different_in_place
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
    stamp = sightings[0].stamp
    looks = np.stack([sighting.looks for sighting in sightings])
    room = np.array([sighting.room for sighting in sightings])
    alone = np.array([sighting.alone for sighting in sightings])
    measured = np.array([measure(sighting.detection) for sighting in sightings])
    near = np.stack([position_evidence(track, measured, image) for track in tracks])
    change = _change(tracks, looks, alone, stamp)
    most = np.array([_most_change(track, stamp - track.last_seen) for track in tracks])
    unmet = np.array([not track.entangled for track in tracks])
    steady = np.abs(room - np.array([track.latest.room for track in tracks])[:, np.newaxis]) < STEADY
    clear = alone | unmet[:, np.newaxis] & steady
    cut = np.zeros(change.shape, np.bool_)
    for i, j in np.argwhere((near > 0) & clear & (change > most[:, np.newaxis])):
        change[i, j] = min(change[i, j], _second_look(tracks[i], sightings[j], image))
        cut[i, j] = change[i, j] > most[i]
    near_group = _of_entangled(tracks, near)
    same = near_group - _limited(change, near, alone)
    same[cut] = -np.inf
    for i, track in enumerate(tracks):
        if track.cut_away:
            same[i, track.unlike_views(looks) > RECOGNISED] = -np.inf
    return Evidence(same, change, cut, swapped=near_group > near)


def position_evidence(track: Track, measured: NDArray[np.float64], image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Log-odds, (N,), by place and size alone, that each of ``measured`` (N, 3; see `measure`) is the track and not a
    newcomer.
    """
    return track.motion.log_density(measured) + math.log(image.shape[0] * image.shape[1] * SIZES) + KNOWN


def _change(
    tracks: Sequence[Track], looks: NDArray[np.float32], alone: NDArray[np.bool_], stamp: float
) -> NDArray[np.float64]:
    """Log-odds, (M, N), that a track became somebody else; after it met others only its older views can tell."""
    starts = np.cumsum([0, *(len(track.views) for track in tracks[:-1])])
    to_views = different(np.concatenate([track.views for track in tracks]), looks)
    views = np.minimum.reduceat(to_views, starts, axis=0).astype(np.float64)
    latest, amid = different_in_place(np.stack([track.latest.looks for track in tracks]), looks)
    still_there = np.array([track.latest.alone and stamp - track.last_seen <= SURROUNDINGS_LAST for track in tracks])
    latest = np.where(still_there[:, np.newaxis] & alone, np.maximum(latest, amid), latest)
    entangled = np.array([bool(track.entangled) for track in tracks])
    return np.where(entangled[:, np.newaxis], views, (latest + views) / 2)


def _most_change(track: Track, lag: float) -> float:
    """The greatest change after ``lag`` seconds that still is the same person, turning the head."""
    if track.entangled:
        return CUT_AMID
    usual = min(CUT_LIMIT, CUT + CUT_SLOPE * max(0.0, lag - CUT_FROM))
    return max(usual, track.restless - CALMING * lag + CUT_MARGIN)


def _second_look(track: Track, sighting: Sighting, image: NDArray[np.uint8]) -> float:
    """The change with the size that the face should have, as a box may jump, and with the brightness of before."""
    half = track.motion.size / 2
    centre = sighting.detection.centre
    box = np.concatenate((centre - half, centre + half)).astype(np.float32)
    resized = Detection(box, sighting.detection.confidence)
    gain = max(track.latest.brightness, 1.0) / max(sighting.brightness, 1.0)
    looks = describe(image, resized, gain=gain)[None]
    return float(_change([track], looks, np.array([sighting.alone]), sighting.stamp)[0, 0])


def _of_entangled(tracks: Sequence[Track], near: NDArray[np.float64]) -> NDArray[np.float64]:
    """``near`` with each track's evidence raised to the best of those it is entangled with: it may be any of them."""
    if not any(track.entangled for track in tracks):
        return near
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
