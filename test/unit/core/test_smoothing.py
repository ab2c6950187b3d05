from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_perception.core.errors import ParameterError
from emotion_perception.core.labels import LABELS, UNCERTAIN
from emotion_perception.core.smoothing import ProbabilitySmoother, decide

HAPPY = np.eye(7, dtype=np.float32)[3]
SAD = np.eye(7, dtype=np.float32)[4]
NAN = np.full(7, np.nan, np.float32)


def test_the_first_row_of_a_face_is_taken_as_it_is() -> None:
    smoother = ProbabilitySmoother(time_constant=0.5)
    result = smoother.update("face_1", 10.0, HAPPY)
    np.testing.assert_array_equal(result, HAPPY)
    assert result.dtype == np.float32


def test_a_step_comes_through_to_63_percent_after_the_time_constant() -> None:
    smoother = ProbabilitySmoother(time_constant=0.5)
    smoother.update("face_1", 0.0, HAPPY)
    result = smoother.update("face_1", 0.5, SAD)
    assert result[4] == pytest.approx(1 - math.exp(-1))
    assert result[3] == pytest.approx(math.exp(-1))


@pytest.mark.parametrize("rate", [5, 30, 200])
def test_the_result_does_not_depend_on_the_frame_rate(rate: int) -> None:
    smoother = ProbabilitySmoother(time_constant=0.5)
    smoother.update("face_1", 0.0, HAPPY)
    for frame in range(1, rate + 1):
        result = smoother.update("face_1", frame / rate, SAD)
    assert result[4] == pytest.approx(1 - math.exp(-2), abs=1e-6)


def test_a_time_constant_of_0_passes_everything_through() -> None:
    smoother = ProbabilitySmoother(time_constant=0)
    smoother.update("face_1", 0.0, HAPPY)
    np.testing.assert_array_equal(smoother.update("face_1", 0.01, SAD), SAD)
    np.testing.assert_array_equal(smoother.update("face_1", 0.01, HAPPY), HAPPY)


def test_faces_are_smoothed_apart() -> None:
    smoother = ProbabilitySmoother(time_constant=0.5)
    smoother.update("face_1", 0.0, HAPPY)
    np.testing.assert_array_equal(smoother.update("face_2", 0.1, SAD), SAD)
    np.testing.assert_array_equal(smoother.update("face_1", 0.1, HAPPY), HAPPY)


def test_a_repeated_stamp_and_a_clock_set_back_a_little_count_as_no_time() -> None:
    smoother = ProbabilitySmoother(time_constant=0.5)
    smoother.update("face_1", 5.0, HAPPY)
    np.testing.assert_array_equal(smoother.update("face_1", 5.0, SAD), HAPPY)
    np.testing.assert_array_equal(smoother.update("face_1", 4.5, SAD), HAPPY)
    assert smoother.update("face_1", 5.0, SAD)[4] == pytest.approx(1 - math.exp(-1)), "time goes on from the new stamp"


@pytest.mark.parametrize("later", [3.0, -3.0])
def test_after_a_long_gap_and_after_a_clock_set_far_back_a_face_starts_anew(later: float) -> None:
    smoother = ProbabilitySmoother(time_constant=10.0, memory=2.0)
    smoother.update("face_1", 100.0, HAPPY)
    np.testing.assert_array_equal(smoother.update("face_1", 100.0 + later, SAD), SAD)


def test_a_row_that_is_not_finite_is_refused_and_the_last_one_kept() -> None:
    smoother = ProbabilitySmoother(time_constant=0.5)
    smoother.update("face_1", 0.0, HAPPY)
    np.testing.assert_array_equal(smoother.update("face_1", 0.1, NAN), HAPPY)
    assert smoother.update("face_1", 0.5, SAD)[4] == pytest.approx(1 - math.exp(-1)), "as if it had not been there"


def test_a_face_whose_first_row_is_not_finite_has_no_known_expression() -> None:
    smoother = ProbabilitySmoother(time_constant=0.5)
    result = smoother.update("face_1", 0.0, NAN)
    np.testing.assert_allclose(result, 1 / 7, rtol=1e-6)
    assert len(smoother) == 0
    np.testing.assert_array_equal(smoother.update("face_1", 0.1, SAD), SAD)


def test_faces_that_are_gone_are_forgotten() -> None:
    smoother = ProbabilitySmoother(time_constant=0.5, memory=2.0)
    for frame in range(1000):
        smoother.update(f"face_{frame}", frame / 10, HAPPY)
        smoother.forget(frame / 10)
    assert len(smoother) == 21
    smoother.forget(1000.0)
    assert len(smoother) == 0


def test_reset_forgets_all() -> None:
    smoother = ProbabilitySmoother(time_constant=0.5)
    smoother.update("face_1", 0.0, HAPPY)
    smoother.reset()
    np.testing.assert_array_equal(smoother.update("face_1", 0.1, SAD), SAD)


def test_what_is_returned_and_what_was_given_can_be_changed_without_harm() -> None:
    smoother = ProbabilitySmoother(time_constant=0.5)
    row = HAPPY.copy()
    smoother.update("face_1", 0.0, row)[:] = 0
    row[:] = 0
    np.testing.assert_array_equal(smoother.update("face_1", 0.0, SAD), HAPPY)


@given(
    st.lists(
        st.tuples(st.floats(-1, 3), st.lists(st.floats(0.001, 1), min_size=7, max_size=7)), min_size=1, max_size=30
    ),
    st.floats(0, 5),
)
def test_rows_stay_probabilities(steps: list[tuple[float, list[float]]], time_constant: float) -> None:
    smoother = ProbabilitySmoother(time_constant=time_constant)
    stamp = 0.0
    for elapsed, weights in steps:
        stamp += elapsed
        raw = (np.array(weights) / sum(weights)).astype(np.float32)
        result = smoother.update("face_1", stamp, raw)
        assert result.min() >= 0
        assert result.sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("time_constant", [-0.1, math.nan, math.inf])
def test_a_time_constant_out_of_range_is_named(time_constant: float) -> None:
    with pytest.raises(ParameterError, match=rf"time_constant is {time_constant}: it must be 0 or more seconds"):
        ProbabilitySmoother(time_constant=time_constant)


@pytest.mark.parametrize("memory", [0, -1.0, math.nan])
def test_a_memory_out_of_range_is_named(memory: float) -> None:
    with pytest.raises(ParameterError, match=rf"memory is {memory}: it must be more than 0 seconds"):
        ProbabilitySmoother(time_constant=0.5, memory=memory)


def test_decide_takes_the_most_probable_label() -> None:
    label, confidence = decide(LABELS, np.array([0, 0, 0.3, 0.6, 0.1, 0, 0], np.float32), 0.5)
    assert label == "happy"
    assert confidence == pytest.approx(0.6)
    assert type(confidence) is float


def test_decide_is_uncertain_below_the_threshold_and_not_at_it() -> None:
    half = np.array([0.5, 0, 0, 0.25, 0.25, 0, 0], np.float32)
    assert decide(LABELS, half, 0.5) == ("angry", 0.5)
    assert decide(LABELS, half, 0.501) == (UNCERTAIN, 0.5)


def test_decide_takes_the_first_of_equal_ones() -> None:
    assert decide(LABELS, np.array([0, 0.5, 0, 0, 0, 0.5, 0], np.float32), 0.0)[0] == "disgust"
