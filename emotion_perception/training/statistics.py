"""What is in a dataset: its classes in each split, and pictures that occur more than once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from emotion_perception.training.dataset import Dataset


@dataclass(frozen=True)
class Statistics:
    """counts: split -> class -> rows. repeated: split -> rows whose picture came earlier in the same split.

    shared: (split, other split) -> rows of the first whose picture is also in the second. contradictory: rows whose
    picture occurs under another label as well. All by equal pixels.
    """

    name: str
    rows: int
    shape: tuple[int, ...]
    counts: dict[str, dict[str, int]]
    repeated: dict[str, int]
    shared: dict[tuple[str, str], int]
    contradictory: int


def examine(dataset: Dataset) -> Statistics:
    """Count; every picture is read once."""
    marks = dataset.fingerprints().tolist()
    within: dict[str, Counter[bytes]] = {name: Counter() for name in dataset.split_names}
    labels: dict[bytes, set[int]] = {}
    for mark, split, label in zip(marks, dataset.splits.tolist(), dataset.labels.tolist(), strict=True):
        within[split][mark] += 1
        labels.setdefault(mark, set()).add(label)
    counts = {}
    for name in dataset.split_names:
        counted = np.bincount(dataset.labels[dataset.splits == name], minlength=len(dataset.classes))
        counts[name] = dict(zip(dataset.classes, counted.tolist(), strict=True))
    return Statistics(
        name=dataset.name,
        rows=len(dataset),
        shape=dataset.shape,
        counts=counts,
        repeated={name: seen.total() - len(seen) for name, seen in within.items()},
        shared={
            (one, other): sum(count for mark, count in within[one].items() if mark in within[other])
            for one in within
            for other in within
            if one != other
        },
        contradictory=sum(len(labels[mark]) > 1 for mark in marks),
    )
