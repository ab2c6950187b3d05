"""Which pictures of a dataset are learnt from, and which tell how well."""

from __future__ import annotations

import numpy as np

from emotion_perception.core.errors import DatasetError
from emotion_perception.core.labels import LABELS
from emotion_perception.training.carving import carve_validation
from emotion_perception.training.choosing import without_classes
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.recipes import Recipe

#: Of the validation part: the same for every recipe and seed, so that no student is validated on a teacher's lesson.
_SEED = 2013


def training_parts(dataset: Dataset, recipe: Recipe) -> tuple[Dataset, Dataset]:
    """Part a dataset into (train, validation), classes of ``recipe.drop`` left out; of ours it may lack them anyway.

    Both come from its Training split and from rows of no split; test splits are never touched.
    Identical pictures are on one side. With ``recipe.folds``, one fold of what is left to train on is left out as well:
    the validation part is the same for all folds. ParameterError for a class that there is not; DatasetError if nothing
    is left.
    """
    learnt = np.isin(dataset.splits, ("Training", ""))
    if not learnt.any():
        raise DatasetError(
            f"{dataset.name} has only test pictures ({', '.join(dataset.split_names)}), which nothing learns from: put"
            " others into train/<class>/."
        )
    dropped = [name for name in recipe.drop if name in dataset.classes or name not in LABELS]
    learnable = without_classes(dataset.subset(learnt), dropped)
    train, validation = carve_validation(learnable, recipe.validation, _SEED)
    if recipe.folds:
        folds = np.array([int.from_bytes(mark[:4], "little") % recipe.folds for mark in train.fingerprints().tolist()])
        train = train.subset(folds != recipe.fold)
    return train, validation
