"""What a network is to say of each picture: its label, softened by what people and teachers say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion_perception.training.dataset import Dataset
from emotion_perception.training.recipes import Recipe
from emotion_perception.training.votes import soft_targets, vote_shares


def learning_targets(
    dataset: Dataset, recipe: Recipe, taught: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Return (N, classes) float32, rows summing to 1; with ``recipe.votes_head``, 8 columns of votes beside them.

    The label, of which ``recipe.ferplus`` goes to FER+'s votes, smoothed; then ``recipe.teaching`` of it goes to
    ``taught``, the probabilities that teachers give, if they are given. The votes' columns sum to their head's weight.
    DatasetError if the recipe wants votes and the dataset has none.
    """
    classes = len(dataset.classes)
    targets = np.eye(classes, dtype=np.float32)[dataset.labels]
    if recipe.ferplus > 0:
        targets = soft_targets(dataset, share=recipe.ferplus)
    targets = targets * (1 - recipe.label_smoothing) + recipe.label_smoothing / classes
    if taught is not None:
        targets = (1 - recipe.teaching) * targets + recipe.teaching * taught
    if recipe.votes_head > 0:
        targets = np.hstack([targets, recipe.votes_head * vote_shares(dataset)])
    return targets.astype(np.float32)


def class_weights(dataset: Dataset, power: float) -> NDArray[np.float64]:
    """(classes,): proportional to frequency to the power of minus ``power``, 1 on average over the pictures."""
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes)).astype(np.float64)
    weights = np.where(counts > 0, np.maximum(counts, 1) ** -power, 0.0)
    return weights * counts.sum() / (weights * counts).sum()
