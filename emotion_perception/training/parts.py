"""Which pictures of a dataset are learnt from, and which tell how well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emotion_perception.core.errors import TrainingError
from emotion_perception.training.carving import carve_validation
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.recipes import Recipe

#: Of the validation part: the same for every recipe and seed, so that no student is validated on a teacher's lesson.
_SEED = 2013


def training_parts(dataset: Dataset, recipe: Recipe) -> tuple[Dataset, Dataset]:
    """Part a dataset into (train, validation), classes of ``recipe.drop`` left out.

    Both come from its Training split, or from the rows without a split if it has none; test splits are never touched.
    Identical pictures are on one side. With ``recipe.folds``, one fold of what is left to train on is left out as well:
    the validation part is the same for all folds. TrainingError for a class that there is not; DatasetError if nothing
    is left.
    """
    names = dataset.split_names
    learnable = dataset.split("Training" if "Training" in names else "")
    train, validation = carve_validation(without_classes(learnable, recipe.drop), recipe.validation, _SEED)
    if recipe.folds:
        folds = np.array([int.from_bytes(mark[:8], "little") for mark in train.fingerprints().tolist()]) % recipe.folds
        train = train.subset(folds != recipe.fold)
    return train, validation


def without_classes(dataset: Dataset, names: tuple[str, ...]) -> Dataset:
    """Leave out classes and their pictures; the others keep their order. TrainingError for one that there is not."""
    if unknown := [name for name in names if name not in dataset.classes]:
        raise TrainingError(f'{dataset.name} has no class "{unknown[0]}" to drop: it has {", ".join(dataset.classes)}.')
    if not names:
        return dataset
    kept = [index for index, name in enumerate(dataset.classes) if name not in names]
    rows = dataset.subset(np.isin(dataset.labels, kept))
    return replace(
        rows,
        labels=np.searchsorted(kept, rows.labels).astype(np.uint8),
        classes=tuple(dataset.classes[index] for index in kept),
    )
