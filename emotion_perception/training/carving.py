"""A validation part, carved from what is trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.training.dataset import Dataset


def carve_validation(dataset: Dataset, fraction: float, seed: int) -> tuple[Dataset, Dataset]:
    """Part ``dataset`` into (train, validation), the latter with about ``fraction`` of each class.

    Identical pictures, and rows of one group, are all on one side. The same dataset, fraction and seed give the same
    parts. ParameterError for a fraction outside 0..1; DatasetError if a part would be empty.
    """
    if not 0 < fraction < 1:
        raise ParameterError(f"the validation part is {fraction} of the pictures: choose more than 0 and less than 1.")
    bundles = _bundles(dataset)
    generator = np.random.default_rng(seed)
    validation = np.zeros(len(dataset), bool)
    sizes = np.bincount(bundles)
    first_rows = np.unique(bundles, return_index=True)[1]
    for label in range(len(dataset.classes)):
        # A bundle counts to the class of its first row: identical pictures may be labelled differently.
        mine = np.flatnonzero(dataset.labels[first_rows] == label)
        wanted = fraction * sizes[mine].sum()
        order = generator.permutation(mine)
        chosen = order[np.cumsum(sizes[order]) - sizes[order] / 2 <= wanted]
        validation |= np.isin(bundles, chosen)
    if validation.all() or not validation.any():
        raise DatasetError(
            f"{dataset.name}: {len(dataset)} pictures are too few to take {fraction:g} of them for validation:"
            " add pictures, or choose another fraction."
        )
    return dataset.subset(~validation), dataset.subset(validation)


def _bundles(dataset: Dataset) -> NDArray[np.intp]:
    """(N,) number of each row's bundle: rows that share their pixels or their group, also by way of others."""
    parents = np.arange(len(dataset))

    def root(row: int) -> int:
        while parents[row] != row:
            parents[row] = parents[parents[row]]
            row = int(parents[row])
        return row

    groups = dataset.groups if dataset.groups is not None else np.full(len(dataset), "")
    for keys in (dataset.fingerprints().tolist(), groups.tolist()):
        first: dict[bytes | str, int] = {}
        for row, key in enumerate(keys):
            if key != "" and (earlier := first.setdefault(key, row)) != row:
                parents[root(row)] = root(earlier)
    roots = np.array([root(row) for row in range(len(dataset))])
    return np.unique(roots, return_inverse=True)[1]
