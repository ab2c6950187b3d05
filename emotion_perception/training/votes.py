"""FER+'s votes as targets: what ten annotators saw in a picture, in place of one label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.core.labels import FER_PLUS
from emotion_perception.training.dataset import Dataset

#: A class with so few votes is taken for a slip, as in Barsoum et al. 2016.
_SLIP = 1
_NOT_A_FACE = [name for name, _ in FER_PLUS].index("not a face")
#: FER+'s expressions come first; "unknown" and "not a face" follow.
EXPRESSIONS = [name for name, _ in FER_PLUS].index("unknown")


def soft_targets(dataset: Dataset, *, share: float = 1.0) -> NDArray[np.float32]:
    """(N, C) probabilities of the dataset's classes, each row summing to 1.

    A row is ``share`` times its votes plus (1 - share) times its label. Single votes count as slips. Contempt, unknown
    and "not a face", and classes that the dataset lacks, have no column: their votes are left out, and the others
    divided by what remains. Where less than half of the votes remain, or there are none, the row is its label alone.
    ParameterError for a share outside 0..1; DatasetError if the dataset has no votes.
    """
    if not 0 <= share <= 1:
        raise ParameterError(f"the share of the votes is {share}: choose 0 to 1.")
    votes = _votes(dataset)
    cast = votes.sum(axis=1)
    votes[votes <= _SLIP] = 0
    targets = np.zeros((len(dataset), len(dataset.classes)), np.float32)
    for column, (_, label) in enumerate(FER_PLUS):
        if label in dataset.classes:
            targets[:, dataset.classes.index(label)] = votes[:, column]
    ours = targets.sum(axis=1)
    usable = (ours > 0) & (ours >= cast / 2)
    targets[usable] /= ours[usable, np.newaxis]
    own = np.eye(len(dataset.classes), dtype=np.float32)[dataset.labels]
    targets[usable] = share * targets[usable] + np.float32(1 - share) * own[usable]
    targets[~usable] = own[~usable]
    return targets


def vote_shares(dataset: Dataset) -> NDArray[np.float32]:
    """(N, 8) FER+'s expressions, contempt included, as parts of the votes for any of them; single votes are slips.

    A row without votes is 0. DatasetError if the dataset has none at all.
    """
    votes = _votes(dataset)[:, :EXPRESSIONS]
    votes[votes <= _SLIP] = 0
    return votes / np.maximum(votes.sum(axis=1, keepdims=True), 1)


def is_a_face(dataset: Dataset) -> NDArray[np.bool_]:
    """(N,) False where most annotators voted "not a face"; True for all where there are no votes."""
    if dataset.votes is None:
        return np.ones(len(dataset), bool)
    votes = np.maximum(dataset.votes, 0).astype(np.int16)
    return np.asarray(2 * votes[:, _NOT_A_FACE] <= votes.sum(axis=1))


def _votes(dataset: Dataset) -> NDArray[np.float32]:
    if dataset.votes is None:
        raise DatasetError(
            f"{dataset.name} has no FER+ votes: give ferplus 0 and votes_head 0, or put FER+'s csv beside FER2013's."
        )
    return np.maximum(dataset.votes.astype(np.float32), 0)
