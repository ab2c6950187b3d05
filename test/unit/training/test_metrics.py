from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import EvaluationError
from emotion_perception.core.labels import LABELS
from emotion_perception.training.metrics import confusion_matrix, roc_auc, score


@pytest.fixture(scope="module")
def theirs() -> Any:
    """scikit-learn's metrics; CI installs them, so there they must not be missing."""
    try:
        return import_module("sklearn.metrics")
    except ImportError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("scikit-learn is not installed: make setup-extras")


def answers(seed: int, pictures: int = 400) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Probabilities of an answerer that is often right, rounded so that there are ties, and the labels."""
    random = np.random.default_rng(seed)
    labels = random.choice(7, pictures, p=(0.2, 0.05, 0.15, 0.2, 0.2, 0.1, 0.1)).astype(np.uint8)
    logits = random.normal(size=(pictures, 7)) + 1.2 * np.eye(7)[labels]
    rounded = np.round(np.exp(logits), 1) + 0.01
    return rounded / rounded.sum(axis=1, keepdims=True), labels


@pytest.mark.parametrize("seed", range(5))
def test_they_are_those_of_scikit_learn(theirs: Any, seed: int) -> None:
    probabilities, labels = answers(seed)
    predicted = probabilities.argmax(axis=1)
    found = score(probabilities, labels, LABELS)
    assert found.count == 400
    assert found.accuracy == pytest.approx(theirs.accuracy_score(labels, predicted))
    assert found.balanced_accuracy == pytest.approx(theirs.balanced_accuracy_score(labels, predicted))
    assert found.macro_f1 == pytest.approx(theirs.f1_score(labels, predicted, average="macro"))
    assert found.nll == pytest.approx(theirs.log_loss(labels, probabilities))
    parts = theirs.precision_recall_fscore_support(labels, predicted, labels=range(7), zero_division=0)
    for index, name in enumerate(LABELS):
        one = found.per_class[name]
        assert (one.precision, one.recall, one.f1, one.support) == pytest.approx([part[index] for part in parts])
        assert one.auc == pytest.approx(theirs.roc_auc_score(labels == index, probabilities[:, index]))
    assert found.macro_auc == pytest.approx(np.mean([one.auc for one in found.per_class.values()]))
    assert np.array_equal(found.confusion, theirs.confusion_matrix(labels, predicted, labels=range(7)))


def test_a_class_that_never_occurs_is_no_part_of_the_means(theirs: Any) -> None:
    probabilities, labels = answers(1)
    probabilities[:, 1] = 0
    kept = labels != 1
    probabilities, labels = probabilities[kept], labels[kept]
    predicted = probabilities.argmax(axis=1)
    found = score(probabilities, labels, LABELS)
    assert found.per_class["disgust"].support == 0
    assert found.per_class["disgust"].auc is None
    assert found.macro_f1 == pytest.approx(theirs.f1_score(labels, predicted, average="macro"))
    assert found.balanced_accuracy == pytest.approx(theirs.balanced_accuracy_score(labels, predicted))


def test_rows_of_the_confusion_matrix_are_what_is_right() -> None:
    assert confusion_matrix(np.array([0, 0, 1]), np.array([1, 1, 1]), 2).tolist() == [[0, 2], [0, 1]]


def test_without_a_negative_there_is_no_area() -> None:
    assert roc_auc(np.array([0.1, 0.9]), np.array([True, True])) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda p, y: (p[:0], y[:0]), "there is no picture to evaluate"),
        (lambda p, y: (p[:, :6], y), r"answered \(4, 6\) for 4 pictures of 7 classes"),
        (lambda p, y: (np.where(y[:, None] == y[0], np.nan, p), y), "gave no numbers .* for [1-4] of 4 pictures"),
        (lambda p, y: (p, y + np.uint8(7)), "but there are 7 classes"),
    ],
)
def test_what_cannot_be_scored_is_said(change: object, sentence: str) -> None:
    probabilities, labels = answers(0, 4)
    with pytest.raises(EvaluationError, match=sentence):
        score(*change(probabilities, labels), LABELS)  # type: ignore[operator]
