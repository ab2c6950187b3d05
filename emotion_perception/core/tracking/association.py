"""Who is who: the assignment of detections to tracks with the greatest total evidence."""

from __future__ import annotations

import lap
import numpy as np
from numpy.typing import NDArray


def assign(evidence: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs (row, column) of ``evidence`` (M, N; finite), each row and column used at most once.

    The sum of the pairs' evidence is the greatest possible; a pair without positive evidence is never made.
    """
    if not evidence.size:
        return []
    columns, _ = lap.lapjv(-np.maximum(evidence, 0.0), extend_cost=True, return_cost=False)
    return [(row, int(column)) for row, column in enumerate(columns) if column >= 0 and evidence[row, column] > 0.0]
