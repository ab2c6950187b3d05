"""Which of the faces in a picture a detector found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass
class Tally:
    """Faces that were there, those of them that were found, and boxes that mean none of them."""

    there: int = 0
    found: int = 0
    false: int = 0

    def add(self, boxes: NDArray[np.floating], truth: NDArray[np.floating]) -> None:
        """Count one picture. Both (N, 4), x0 y0 x1 y1; a face is found if the middle of a box lies inside its own.

        Detectors draw boxes of different extent around a face, so their overlap is not compared.
        """
        open_ = np.ones(len(boxes), bool)
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        for face in truth:
            inside = open_ & np.all((middles >= face[:2]) & (middles <= face[2:]), axis=1)
            if inside.any():
                open_[np.flatnonzero(inside)[0]] = False
                self.found += 1
        self.there += len(truth)
        self.false += int(open_.sum())

    @property
    def recall(self) -> float | None:
        """Part of the faces that was found, 0..1; None if there were none."""
        return self.found / self.there if self.there else None
