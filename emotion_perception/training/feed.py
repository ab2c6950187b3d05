"""Batches of a training, each a function of the seed and its step alone, so that a resumed run sees the same."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from emotion_perception.training.architectures.registry import Input
from emotion_perception.training.augmentation import draw
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.fitting import fitted
from emotion_perception.training.images import chunks
from emotion_perception.training.recipes import Recipe
from emotion_perception.training.targets import class_weights

#: pictures (B, S, S, C) uint8, targets (B, K) float32, weights (B,) float32, drawn (B, 14) float32.
Batch = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]

#: Pictures that take no more than this are fitted to the network once and kept.
_KEPT_BYTES = 1 << 30


class Feed:
    """Shuffled, whole batches of a dataset: what is left over at an epoch's end comes in another epoch."""

    def __init__(self, dataset: Dataset, targets: NDArray[np.float32], recipe: Recipe, wanted: Input) -> None:
        self._dataset, self._targets, self._recipe, self._input = dataset, targets, recipe, wanted
        self.batch = min(recipe.batch, len(dataset))
        #: Batches in an epoch.
        self.steps = len(dataset) // self.batch
        self._kept = None
        if len(dataset) * wanted.size**2 * wanted.channels <= _KEPT_BYTES:
            self._kept = np.concatenate([fitted(chunk, wanted) for chunk in chunks(dataset.images)])
        by_class = class_weights(dataset, recipe.balance_power)[dataset.labels]
        self._weights = by_class if recipe.balance == "weights" else np.ones(len(dataset))
        self._chances = by_class / by_class.sum() if recipe.balance == "oversample" else None

    def epoch(self, number: int, *, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from ``first`` on; the next one is made while one is worked on."""
        rows = self._order(number)
        with ThreadPoolExecutor(1, "feed") as pool:
            coming = None
            for step in range(first, self.steps):
                ready = coming or pool.submit(self._batch, rows, number, step)
                coming = pool.submit(self._batch, rows, number, step + 1) if step + 1 < self.steps else None
                yield ready.result()

    def _order(self, epoch: int) -> NDArray[np.intp]:
        random = np.random.default_rng([self._recipe.seed, 1, epoch])
        count = len(self._dataset)
        return random.permutation(count) if self._chances is None else random.choice(count, count, p=self._chances)

    def _batch(self, order: NDArray[np.intp], epoch: int, step: int) -> Batch:
        rows = order[step * self.batch : (step + 1) * self.batch]
        random = np.random.default_rng([self._recipe.seed, 2, epoch, step])
        pictures = self._kept[rows] if self._kept is not None else fitted(self._dataset.images[rows], self._input)
        drawn = draw(self._recipe.augmentation, len(rows), random)
        return pictures, self._targets[rows], self._weights[rows].astype(np.float32), drawn
