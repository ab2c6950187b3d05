"""What became of each face, gathered from the rows of the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.report.emotion_csv import EmotionRow

#: Seconds without the face after which it counts as having been away.
AWAY = 0.5
_USUAL_STEP = 0.04


@dataclass(frozen=True)
class Stretch:
    """A time in which one label was decided on without a break; start and end in seconds."""

    label: str
    start: float
    end: float


@dataclass(frozen=True, eq=False)
class FaceHistory:
    """One face over time.

    times: (N,) seconds since the table's first row, growing.
    probabilities: (N, L) 0..1.
    decided: the N labels that were decided on.
    """

    face_id: str
    times: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    decided: tuple[str, ...]

    @property
    def step(self) -> float:
        """Usual seconds from one frame to the next."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else _USUAL_STEP

    @property
    def most_frequent(self) -> tuple[str, float]:
        """The label decided on most often, and in which part of the frames (0..1)."""
        label, count = Counter(self.decided).most_common(1)[0]
        return label, count / len(self.decided)

    @property
    def seen(self) -> float:
        """Seconds in view, without those away."""
        gaps = np.diff(self.times)
        return float(gaps[gaps <= AWAY].sum()) + self.step * (1 + int((gaps > AWAY).sum()))

    def stretches(self) -> list[Stretch]:
        """Return the stretches of one label, each up to the next one or to its last frame's end."""
        visit = np.concatenate([[0], np.cumsum(np.diff(self.times) > AWAY)])
        found = []
        for (label, number), group in groupby(range(len(self.times)), key=lambda i: (self.decided[i], visit[i])):
            frames = list(group)
            following = frames[-1] + 1
            stays = following < len(self.times) and visit[following] == number
            end = self.times[following] if stays else self.times[frames[-1]] + self.step
            found.append(Stretch(label, float(self.times[frames[0]]), float(end)))
        return found

    def longest_leads(self) -> dict[int, slice]:
        """Return for each label's column that was ever the most probable one the frames of its longest such time."""
        leader = self.probabilities.argmax(axis=1)
        longest: dict[int, slice] = {}
        for column, group in groupby(range(len(leader)), key=lambda i: int(leader[i])):
            frames = list(group)
            best = longest.get(column)
            if best is None or len(frames) > best.stop - best.start:
                longest[column] = slice(frames[0], frames[-1] + 1)
        return longest

    def lines(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return times (M,) and probabilities (M, L) to draw as lines, with NaN where the face was away."""
        breaks = np.flatnonzero(np.diff(self.times) > AWAY) + 1
        return np.insert(self.times, breaks, np.nan), np.insert(self.probabilities, breaks, np.nan, axis=0)


def gather(rows: Sequence[EmotionRow]) -> list[FaceHistory]:
    """Return the faces of a table in the order of their first appearance."""
    by_face: dict[str, list[EmotionRow]] = {}
    for row in rows:
        by_face.setdefault(row.face_id, []).append(row)
    first = min((row.stamp for row in rows), default=0)
    histories = []
    for face_id, unsorted_rows in by_face.items():
        own = sorted(unsorted_rows, key=lambda row: row.stamp)
        histories.append(
            FaceHistory(
                face_id,
                np.array([(row.stamp - first) / 1e9 for row in own]),
                np.array([row.probabilities for row in own], np.float64),
                tuple(row.label for row in own),
            )
        )
    return histories
