"""Whether a classifier is as sure as it is right, and the temperature that makes it so (Guo et al., 2017)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import EvaluationError
from emotion_perception.training.metrics import SMALLEST_PROBABILITY, check

#: Bins of equal width between 0 and 1; the usual number, and part of what an ECE means.
BINS = 15
#: Temperatures that are tried. A fit that ends at one of them has failed.
_LOWEST, _HIGHEST = 0.05, 20.0
_STEPS = 60
#: Pictures to fit it on. Of 50, one in ten temperatures is off by more than a quarter; of 10, by more than half.
_FEWEST = 50


@dataclass(frozen=True)
class Bin:
    """Answers whose confidence lies in (low, high]; confidence and accuracy: their means, None where there are none."""

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


def reliability(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], *, bins: int = BINS
) -> tuple[Bin, ...]:
    """Sort answers by the probability of the most probable class into bins of equal width; see metrics.check."""
    check(probabilities, labels, probabilities.shape[1])
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    # Rounding errors may leave a sum, and so a probability, a little above 1.
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    made = []
    for index in range(bins):
        here = place == index
        count = int(here.sum())
        means = (float(confidence[here].mean()), float(right[here].mean())) if count else (None, None)
        made.append(Bin(index / bins, (index + 1) / bins, count, *means))
    return tuple(made)


def expected_calibration_error(bins: tuple[Bin, ...]) -> float:
    """Mean distance between confidence and accuracy, each bin weighted by its answers (Naeini et al., 2015)."""
    total = sum(each.count for each in bins)
    return sum(
        each.count / total * abs(each.confidence - each.accuracy)
        for each in bins
        if each.confidence is not None and each.accuracy is not None
    )


def fit_temperature(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Return the temperature with the least negative log-likelihood on (N, C) probabilities of a validation part.

    Probabilities stand for logits, their logarithms; so what was fitted to calibrated ones multiplies the temperature
    they were made with. The likelihood is concave in 1 / temperature, so its slope is halved down to nothing.
    EvaluationError as metrics.check, for fewer than 50 pictures, and if no temperature from 0.05 to 20 is best, as
    where every answer is right.
    """
    check(probabilities, labels, probabilities.shape[1])
    if len(labels) < _FEWEST:
        raise EvaluationError(
            f"{len(labels)} pictures are too few to tell a temperature: have a validation part of {_FEWEST} or more."
        )
    logits = _logits(probabilities)
    chosen = logits[np.arange(len(labels)), labels].mean()

    def slope(inverse: float) -> float:
        """Of the negative log-likelihood, by the inverse of the temperature; never falls."""
        return float((_softmax(logits * inverse) * logits).sum(axis=1).mean() - chosen)

    low, high = 1 / _HIGHEST, 1 / _LOWEST
    if slope(low) > 0 or slope(high) < 0:
        raise EvaluationError(
            f"no temperature from {_LOWEST} to {_HIGHEST} suits these {len(labels)} pictures (all right, or no better"
            " than chance): fit it on a larger validation part."
        )
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return 2 / (low + high)


def with_temperature(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """(N, C) probabilities with their logarithms divided by ``temperature``; the most probable class stays so."""
    return _softmax(_logits(probabilities) / temperature)


def _logits(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.log(np.maximum(probabilities.astype(np.float64), SMALLEST_PROBABILITY))


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
