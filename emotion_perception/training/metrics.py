"""How good a classifier's answers are: the usual numbers, in NumPy alone, so that a robot can measure its own model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import EvaluationError

#: Probabilities below it count as it, so that one sure and wrong answer does not make the mean log-likelihood infinite.
SMALLEST_PROBABILITY = 1e-12


@dataclass(frozen=True)
class ClassScore:
    """Of one class against all others, 0..1; support: pictures of it.

    precision, recall, f1: 0 where nothing was said to be, or is, of the class. auc: area under the ROC curve; None
    where all pictures or none are of the class.
    """

    precision: float
    recall: float
    f1: float
    auc: float | None
    support: int


@dataclass(frozen=True)
class Scores:
    """Of all pictures.

    accuracy: part of the pictures whose most probable class is right. balanced_accuracy: mean recall of the classes
    that occur. macro_f1: mean F1 of the classes that occur or were answered. macro_auc: mean of the areas that exist.
    nll: mean negative log-likelihood of the right class, in nats. confusion: rows are the right classes, columns the
    answers.
    """

    count: int
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    macro_auc: float | None
    nll: float
    per_class: dict[str, ClassScore]
    confusion: tuple[tuple[int, ...], ...]


def score(probabilities: NDArray[np.floating], labels: NDArray[np.integer], classes: Sequence[str]) -> Scores:
    """Score (N, C) probabilities against (N,) labels, 0..C-1, of classes in that order.

    Definitions are scikit-learn's, with a zero where it divides by none. EvaluationError if there is no picture, a
    label is no class or a probability no number.
    """
    check(probabilities, labels, len(classes))
    matrix = confusion_matrix(labels, probabilities.argmax(axis=1), len(classes))
    right, support, answered = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    precision, recall = _ratio(right, answered), _ratio(right, support)
    f1 = _ratio(2 * right, support + answered)
    areas = [roc_auc(probabilities[:, index], labels == index) for index in range(len(classes))]
    known_areas = [area for area in areas if area is not None]
    per_class = {
        name: ClassScore(float(precision[i]), float(recall[i]), float(f1[i]), areas[i], int(support[i]))
        for i, name in enumerate(classes)
    }
    return Scores(
        count=len(labels),
        accuracy=float(right.sum() / len(labels)),
        balanced_accuracy=float(recall[support > 0].mean()),
        macro_f1=float(f1[support + answered > 0].mean()),
        macro_auc=float(np.mean(known_areas)) if known_areas else None,
        nll=negative_log_likelihood(probabilities, labels),
        per_class=per_class,
        confusion=tuple(tuple(row) for row in matrix.tolist()),
    )


def check(probabilities: NDArray[np.floating], labels: NDArray[np.integer], classes: int) -> None:
    """Raise EvaluationError unless there are ``classes`` finite probabilities for each label, and a label at least."""
    if len(labels) == 0:
        raise EvaluationError("there is no picture to evaluate: choose another split or other data.")
    if probabilities.shape != (len(labels), classes):
        raise EvaluationError(
            f"the model answered {probabilities.shape} for {len(labels)} pictures of {classes} classes: evaluate it on"
            " data of its own classes."
        )
    if bad := int((~np.isfinite(probabilities)).any(axis=1).sum()):
        raise EvaluationError(
            f"the model gave no numbers (NaN or infinite) for {bad} of {len(labels)} pictures: train or export it anew."
        )
    if int(labels.max()) >= classes or int(labels.min()) < 0:
        raise EvaluationError(
            f"a label is {int(labels.max())}, but there are {classes} classes (0 to {classes - 1}): correct the data."
        )


def confusion_matrix(labels: NDArray[np.integer], answers: NDArray[np.integer], classes: int) -> NDArray[np.int64]:
    """(C, C) counts: row of the right class, column of the answer."""
    cells = labels.astype(np.int64) * classes + answers
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def roc_auc(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float | None:
    """Probability that a positive has a higher score than a negative, ties counting half; None without both.

    The area under the ROC curve as the Mann-Whitney statistic (Hanley and McNeil, 1982).
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return None
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    ranks = mean_rank[place][positive].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def negative_log_likelihood(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Mean of -log p(right class), in nats."""
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(chosen, SMALLEST_PROBABILITY)).mean())


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
