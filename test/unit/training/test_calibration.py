from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import EvaluationError
from emotion_perception.training.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability,
    with_temperature,
)
from emotion_perception.training.metrics import negative_log_likelihood


def drawn(temperature: float, pictures: int = 20_000) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Answers whose logits are ``temperature`` times too large, and labels drawn from the right ones."""
    random = np.random.default_rng(3)
    true = with_temperature(random.dirichlet(np.full(7, 0.5), pictures), 1)
    labels = (random.random((pictures, 1)) < true.cumsum(axis=1)).argmax(axis=1)
    return with_temperature(true, 1 / temperature), labels


def test_the_error_is_the_mean_distance_weighted_by_the_answers() -> None:
    # Three answers of 0.9, two of them right; one of 0.6, which is wrong: 3/4 * |0.9 - 2/3| + 1/4 * 0.6
    probabilities = np.array([(0.9, 0.1), (0.9, 0.1), (0.1, 0.9), (0.6, 0.4)])
    bins = reliability(probabilities, np.array([0, 1, 1, 1]))
    assert len(bins) == 15
    assert sum(each.count for each in bins) == 4
    assert expected_calibration_error(bins) == pytest.approx(3 / 4 * (0.9 - 2 / 3) + 1 / 4 * 0.6)


def test_a_bin_holds_its_upper_edge() -> None:
    bins = reliability(np.array([(0.8, 0.2), (1 + 1e-9, 0.0)]), np.array([0, 0]), bins=5)
    assert [each.count for each in bins] == [0, 0, 0, 1, 1]
    assert bins[0].confidence is None


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_spoilt_the_answers_is_found(temperature: float) -> None:
    probabilities, labels = drawn(temperature)
    assert fit_temperature(probabilities, labels) == pytest.approx(temperature, rel=0.03)


def test_no_other_temperature_is_likelier() -> None:
    probabilities, labels = drawn(1.7, 500)
    best = fit_temperature(probabilities, labels)
    likelihoods = [
        negative_log_likelihood(with_temperature(probabilities, best * factor), labels) for factor in (0.98, 1, 1.02)
    ]
    assert likelihoods[1] == min(likelihoods)


def test_with_its_temperature_a_classifier_is_as_sure_as_it_is_right() -> None:
    probabilities, labels = drawn(2.5)
    calibrated = with_temperature(probabilities, fit_temperature(probabilities, labels))
    before, after = (expected_calibration_error(reliability(each, labels)) for each in (probabilities, calibrated))
    assert before > 0.1
    assert after < 0.01
    assert np.array_equal(probabilities.argmax(axis=1), calibrated.argmax(axis=1))


def test_a_classifier_without_a_fault_has_no_best_temperature() -> None:
    with pytest.raises(EvaluationError, match="fit it on a larger validation part"):
        fit_temperature(np.tile([(0.9, 0.1), (0.2, 0.8)], (25, 1)), np.tile([0, 1], 25))


def test_a_handful_of_pictures_tells_no_temperature() -> None:
    probabilities, labels = drawn(2.5, 49)
    with pytest.raises(EvaluationError, match="49 pictures are too few to tell a temperature"):
        fit_temperature(probabilities, labels)
