"""Expression probabilities over time: exponential smoothing per face, and the decision for a label."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ParameterError
from emotion_perception.core.labels import UNCERTAIN


@dataclass
class _Track:
    stamp: float
    probabilities: NDArray[np.float64]


class ProbabilitySmoother:
    """First-order low-pass filter of each face's probabilities, in time and not in frames.

    time_constant: seconds after which a step has come through to 63 %; 0 passes everything through unchanged.
    memory: seconds after which a face that was not seen is forgotten; one that comes back later starts anew.

    With p smoothed, r raw and dt since the face's last stamp: p += (1 - exp(-dt / time_constant)) (r - p). So the
    result does not depend on the frame rate, and rows that sum to 1 stay so. A face's first row is taken as it is.
    """

    def __init__(self, *, time_constant: float, memory: float = 2.0) -> None:
        if not (math.isfinite(time_constant) and time_constant >= 0):
            raise ParameterError(f"time_constant is {time_constant}: it must be 0 or more seconds (0: no smoothing).")
        if not (math.isfinite(memory) and memory > 0):
            raise ParameterError(f"memory is {memory}: it must be more than 0 seconds.")
        self._time_constant = time_constant
        self._memory = memory
        self._tracks: dict[str, _Track] = {}

    def update(self, face_id: str, stamp: float, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the raw probabilities (L,) of a face at ``stamp`` (seconds), and return the smoothed ones (L,) float32.

        A row that is not finite is refused: the last smoothed one is returned and kept; for a face without any, the
        row of no knowledge, all equal. A stamp that is not later than the face's last one (a repeated frame, a clock
        set back) counts as no time elapsed; if it is more than ``memory`` away, the face starts anew.
        """
        row = np.array(probabilities, np.float64)
        track = self._tracks.get(face_id)
        if track is not None and abs(stamp - track.stamp) > self._memory:
            track = None
        if not np.isfinite(row).all():
            return self._last(track, row.size)
        if track is None:
            self._tracks[face_id] = _Track(stamp, row)
            return row.astype(np.float32)
        share = self._share(max(0.0, stamp - track.stamp))
        track.probabilities = (1 - share) * track.probabilities + share * row
        track.stamp = stamp
        return track.probabilities.astype(np.float32)

    def forget(self, stamp: float) -> None:
        """Drop the faces whose last stamp is more than ``memory`` seconds away from ``stamp``; call it once a frame."""
        gone = [face_id for face_id, track in self._tracks.items() if abs(stamp - track.stamp) > self._memory]
        for face_id in gone:
            del self._tracks[face_id]

    def reset(self) -> None:
        """Forget all faces."""
        self._tracks.clear()

    def __len__(self) -> int:
        return len(self._tracks)

    def _share(self, elapsed: float) -> float:
        """How much of the new row goes into the smoothed one after ``elapsed`` seconds: 0..1."""
        return 1.0 if self._time_constant == 0 else -math.expm1(-elapsed / self._time_constant)

    @staticmethod
    def _last(track: _Track | None, size: int) -> NDArray[np.float32]:
        return np.full(size, 1 / size, np.float32) if track is None else track.probabilities.astype(np.float32)


def decide(labels: Sequence[str], probabilities: NDArray[np.float32], threshold: float) -> tuple[str, float]:
    """Return the most probable label and its probability; UNCERTAIN and that probability if it is below ``threshold``.

    probabilities: (L,), in the order of ``labels``. Of equal ones the first is taken.
    """
    best = int(np.argmax(probabilities))
    confidence = float(probabilities[best])
    return (labels[best] if confidence >= threshold else UNCERTAIN), confidence
