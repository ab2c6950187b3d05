"""Gives every face an id that stays with the person while they are in view."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ParameterError
from emotion_perception.core.faces import Detection
from emotion_perception.core.tracking.appearance import describe, prepare
from emotion_perception.core.tracking.association import assign
from emotion_perception.core.tracking.evidence import RECOGNISED, position_evidence, weigh
from emotion_perception.core.tracking.motion import measure
from emotion_perception.core.tracking.sighting import FAR, TOGETHER, Sighting, distances
from emotion_perception.core.tracking.track import Track

#: Seconds that a face may be out of sight and come back as itself.
MEMORY = 3.0
#: Seconds that a hidden face is reckoned with where it was expected.
HIDING = 1.0
#: Seconds within which an unsure detection must be seen again to be published, or may continue a track.
SOON = 0.5
#: Seconds in which a new track may turn out to be one that was lost.
YOUNG = 1.0
#: A detection this much above the threshold is published at once.
SURE = 0.15


class FaceTracker:
    """Follows faces from frame to frame.

    Position and size are predicted by a Kalman filter in seconds, looks are compared by small descriptors, and the
    frame's faces are assigned to the tracks by the greatest total evidence of both. Faces that meet are told apart by
    looks alone until each is seen alone again. Somebody else at the place of a known face (a cut) is a new track.

    Ids are "face_1", "face_2", ... in the order of publication; none is used twice in the life of the tracker.
    """

    def __init__(self, *, start_confidence: float = 0.5) -> None:
        """Detections under ``start_confidence`` (0..1) only continue tracks; those just above must be seen twice.

        Raises:
            ParameterError: start_confidence is not within 0..1.
        """
        if not 0.0 <= start_confidence <= 1.0:
            raise ParameterError(f"start_confidence is {start_confidence}: give a value between 0 and 1")
        prepare()
        self._start_confidence = start_confidence
        self._published = 0
        self._tracks: list[Track] = []
        self._stamp = -math.inf
        self._shape: tuple[int, int] | None = None

    def reset(self) -> None:
        """Forget all tracks; numbering goes on."""
        self._tracks = []
        self._stamp = -math.inf

    def update(
        self, detections: Sequence[Detection], image: NDArray[np.uint8], stamp: float
    ) -> list[tuple[str, Detection]]:
        """The ids of the faces that one frame shows, in the order of ``detections``.

        image: (H, W, 3) bgr8, the frame that they were found in; another size than before starts anew, with new ids.
        stamp: of the frame, in seconds; one that lies before the last one starts anew, with new ids.

        Raises:
            ParameterError: stamp is not a finite number.
        """
        elapsed = self._advance(stamp, (image.shape[0], image.shape[1]))
        if not detections:
            return []
        sightings, met = self._sight(detections, image)
        found, displaced = self._continue(sightings, image)
        self._entangle(found, met)
        for j, sighting in enumerate(sightings):
            if j not in found and sighting.detection.confidence >= self._start_confidence:
                found[j] = Track(sighting)
                self._tracks.append(found[j])
        self._recognise(found, image)
        for j, track in found.items():
            if track.latest.alone and not track.entangled:
                track.remember()
            if track.id is None and (j in displaced or elapsed > SOON or self._is_sure(track)):
                self._published += 1
                track.id = f"face_{self._published}"
        return [(track.id, detections[j]) for j, track in sorted(found.items()) if track.id is not None]

    def _advance(self, stamp: float, shape: tuple[int, int]) -> float:
        """Bring the tracks to ``stamp``, drop those gone for long; the seconds since the last frame (inf: none)."""
        if not math.isfinite(stamp):
            raise ParameterError(f"stamp is {stamp}: give the time of the frame in seconds")
        if stamp < self._stamp or shape != self._shape:
            self.reset()
        elapsed = stamp - self._stamp
        self._stamp, self._shape = stamp, shape
        self._tracks = [t for t in self._tracks if stamp - t.last_seen <= (SOON if t.id is None else MEMORY)]
        for track in self._tracks:
            track.motion.advance(elapsed)
            track.entangled.intersection_update(self._tracks)
        return elapsed

    def _sight(
        self, detections: Sequence[Detection], image: NDArray[np.uint8]
    ) -> tuple[list[Sighting], list[list[Track]]]:
        """The detections with their looks and the room around them, and the tracks that each of them meets."""
        present = [t for t in self._tracks if t.id and not t.cut_away and self._stamp - t.last_seen < HIDING]
        boxes = np.stack([detection.box for detection in detections])
        to_faces = distances(boxes, boxes)
        to_tracks = distances(boxes, np.array([track.motion.box for track in present], np.float32).reshape(-1, 4))
        np.fill_diagonal(to_faces, np.inf)
        to_second_track = np.partition(to_tracks, 1, axis=1)[:, 1] if len(present) > 1 else np.inf
        room = np.minimum(np.minimum(to_faces.min(axis=1), to_second_track), FAR)
        brightness = float(image[::16, ::16].mean())
        sightings = [
            Sighting(detection, self._stamp, describe(image, detection), float(space), brightness)
            for detection, space in zip(detections, room, strict=True)
        ]
        met = [[t for t, apart in zip(present, row, strict=True) if apart < TOGETHER] for row in to_tracks]
        return sightings, met

    def _continue(self, sightings: Sequence[Sighting], image: NDArray[np.uint8]) -> tuple[dict[int, Track], set[int]]:
        """The tracks that are seen again, by sighting, and the sightings that took the place of another face."""
        if not self._tracks:
            return {}, set()
        evidence = weigh(self._tracks, sightings, image)
        unsure = np.array([s.detection.confidence < self._start_confidence for s in sightings])
        gone = np.array([self._stamp - t.last_seen > SOON for t in self._tracks])
        evidence.same[np.ix_(gone, unsure)] = -np.inf
        found: dict[int, Track] = {}
        for i, j in assign(evidence.same):
            found[j] = self._tracks[i]
            found[j].see(sightings[j], float(evidence.change[i, j]), swapped=bool(evidence.swapped[i, j]))
        displaced = set()
        for i, track in enumerate(self._tracks):
            usurpers = set(np.flatnonzero(evidence.cut[i]).tolist()) - found.keys()
            if usurpers and track.last_seen < self._stamp:
                track.cut_away = True
                displaced |= usurpers
        return found, displaced

    def _entangle(self, found: dict[int, Track], met: Sequence[Sequence[Track]]) -> None:
        """Note who met whom, and release groups of which each is seen alone again."""
        for j, track in found.items():
            if track.latest.together:
                for other in met[j]:
                    if other is not track:
                        track.entangled.add(other)
                        other.entangled.add(track)
        for track in self._tracks:
            group = {track, *track.entangled}
            if len(group) > 1 and all(t.latest.alone and t.last_seen == self._stamp for t in group):
                for member in group:
                    member.entangled -= group

    def _recognise(self, found: dict[int, Track], image: NDArray[np.uint8]) -> None:
        """Replace new tracks that turn out to be a face that was lost or cut away by its track."""
        for j, young in found.items():
            if self._stamp - young.born >= YOUNG or young.entangled or not young.latest.alone:
                continue
            looks = young.latest.looks[None]
            lost = [
                (float(old.unlike_views(looks)[0]), k)
                for k, old in enumerate(self._tracks)
                if old.id
                and not old.entangled
                and old.last_seen < self._stamp
                and old.born < young.born
                and position_evidence(old, np.array([measure(young.latest.detection)]), image)[0] > 0
            ]
            unlike, k = min(lost, default=(math.inf, -1))
            if unlike < RECOGNISED:
                found[j] = self._tracks[k]
                found[j].become(young)
                self._tracks.remove(young)

    def _is_sure(self, track: Track) -> bool:
        """Whether a track deserves an id: a confident detection, or a second one."""
        needed = self._start_confidence + (SURE if track.born == self._stamp else 0.0)
        return track.latest.detection.confidence >= min(1.0, needed)
