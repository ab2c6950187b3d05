from __future__ import annotations

import itertools

import numpy as np
import pytest

from emotion_perception.core.identity.confidence import MIDDLE, confidence
from emotion_perception.core.identity.dlib_resnet import DlibResnet


def test_it_falls_with_the_distance_and_stays_a_probability() -> None:
    values = [confidence(distance) for distance in np.linspace(0, 2, 201)]
    assert all(0 <= value <= 1 for value in values)
    assert all(before >= after for before, after in itertools.pairwise(values))


def test_it_is_half_in_the_middle() -> None:
    assert confidence(MIDDLE) == pytest.approx(0.5)


def test_a_match_is_all_but_certain_and_a_stranger_all_but_none() -> None:
    assert confidence(DlibResnet.threshold) > 0.99
    assert confidence(0.7) < 0.001


@pytest.mark.parametrize(("distance", "expected"), [(0.0, 1.0), (1e6, 0.0), (float("inf"), 0.0)])
def test_no_distance_is_too_far(distance: float, expected: float) -> None:
    assert confidence(distance) == pytest.approx(expected)
