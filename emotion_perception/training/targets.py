"""What a network is to say of each picture: its label, softened by what people and teachers say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import TrainingError
from emotion_perception.core.labels import FER_PLUS
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.recipes import Recipe


def soft_targets(dataset: Dataset, recipe: Recipe, taught: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Return (N, classes) float32, rows summing to 1.

    The label, smoothed; ``recipe.ferplus`` of it goes to FER+'s votes where there are some for our classes, then
    ``recipe.teaching`` to ``taught``, the probabilities that teachers give, if they are given.
    TrainingError if the recipe wants votes and the dataset has none.
    """
    classes = len(dataset.classes)
    smooth = recipe.label_smoothing
    targets = np.eye(classes, dtype=np.float32)[dataset.labels] * (1 - smooth) + smooth / classes
    if recipe.ferplus > 0:
        voted = _voted(dataset)
        has_votes = voted.sum(axis=1) > 0
        shares = voted[has_votes] / voted[has_votes].sum(axis=1, keepdims=True)
        targets[has_votes] = (1 - recipe.ferplus) * targets[has_votes] + recipe.ferplus * shares
    if taught is not None:
        targets = (1 - recipe.teaching) * targets + recipe.teaching * taught
    return targets.astype(np.float32)


def _voted(dataset: Dataset) -> NDArray[np.float32]:
    """(N, classes): votes for each of the dataset's classes, none where the row has no votes."""
    if dataset.votes is None:
        raise TrainingError(f"{dataset.name} has no FER+ votes: set ferplus to 0, or give data that has them.")
    columns = {ours: column for column, (_, ours) in enumerate(FER_PLUS) if ours}
    votes = np.zeros((len(dataset), len(dataset.classes)), np.float32)
    for index, name in enumerate(dataset.classes):
        if name in columns:
            votes[:, index] = np.maximum(dataset.votes[:, columns[name]], 0)
    return votes


def class_weights(dataset: Dataset, power: float) -> NDArray[np.float64]:
    """(classes,): proportional to frequency to the power of minus ``power``, 1 on average over the pictures."""
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes)).astype(np.float64)
    weights = np.where(counts > 0, np.maximum(counts, 1) ** -power, 0.0)
    return weights * counts.sum() / (weights * counts).sum()
