from __future__ import annotations

import math

import numpy as np
import pytest

from emotion_perception.core.detection import Detector
from emotion_perception.core.identity import evaluation
from emotion_perception.core.identity.confidence import MIDDLE
from emotion_perception.core.identity.embedder import Embedder
from emotion_perception.core.identity.evaluation import Evaluation, Faces, Pairs, fit_logistic, identify, verify


@pytest.fixture(scope="module")
def found(forty: Faces, detector: Detector, embedder: Embedder) -> Evaluation:
    colour = evaluation.embed_colour(detector, embedder)
    assert len(colour) == 9
    return evaluation.evaluate(
        forty, colour, embedder=embedder.name, detector=detector.name, threshold=embedder.threshold
    )


def faces(*people: tuple[int, float]) -> Faces:
    """One face for each (person, place on a line); a person's pictures are numbered from 1."""
    persons = np.array([person for person, _ in people])
    pictures = np.array([int((persons[:index] == person).sum()) + 1 for index, person in enumerate(persons)])
    return Faces(persons, pictures, np.array([[place] for _, place in people], np.float32), ())


def test_every_portrait_has_one_face(found: Evaluation) -> None:
    assert (found.people, found.pictures, found.missed) == (40, 120, ())


def test_people_are_told_apart(found: Evaluation) -> None:
    for half in (found.everybody, found.fitted_half, found.other_half):
        assert half.false_accepts == 0
        assert half.accuracy >= 0.99
    assert (found.everybody.same, found.everybody.different) == (120, 7020)
    assert found.everybody.false_rejects / found.everybody.same < 0.1


def test_no_stranger_gets_a_name_and_nobody_a_wrong_one(found: Evaluation, embedder: Embedder) -> None:
    at_threshold = [one for one in found.identification if one.threshold == embedder.threshold]
    assert len(at_threshold) == 3
    for one in at_threshold:
        assert (one.wrong, one.strangers_named) == (0, 0)
    once = at_threshold[0]
    assert once.right / (once.right + once.unknown) > 0.9


def test_people_in_colour_are_not_taken_for_each_other(found: Evaluation, embedder: Embedder) -> None:
    (one,) = [one for one in found.in_colour if one.threshold == embedder.threshold]
    assert (one.same, one.different, one.false_accepts) == (0, 36 + 9 * 120, 0)


def test_the_threshold_of_dlib_would_name_strangers(found: Evaluation) -> None:
    """Why ours is lower; if this fails, the embedder got better, and its threshold can be looked at again."""
    loose = max(found.identification, key=lambda one: one.threshold)
    assert loose.threshold == 0.6
    assert loose.strangers_named / loose.strangers > 0.2


def test_the_committed_confidence_fits_these_portraits_too(found: Evaluation) -> None:
    middle, steepness = found.fit
    assert middle == pytest.approx(MIDDLE, abs=0.02)
    assert steepness > 50
    assert found.calibration[0].share_same < 0.02
    assert found.calibration[-1].share_same > 0.98


def test_verify_counts_what_is_on_the_wrong_side() -> None:
    pairs = Pairs(np.array([0.1, 0.45, 0.5, 0.2, 0.46, 0.9], np.float32), np.array([1, 1, 1, 0, 0, 0], bool))
    result = verify(pairs, 0.45)
    assert (result.same, result.different, result.false_rejects, result.false_accepts) == (3, 3, 1, 1)
    assert result.accuracy == pytest.approx(4 / 6)


def test_all_pairs_are_compared_once() -> None:
    pairs = Pairs.among(faces((1, 0.0), (2, 1.0), (1, 3.0)))
    assert sorted(zip(pairs.distances.tolist(), pairs.same.tolist(), strict=True)) == [
        (1.0, False),
        (2.0, False),
        (3.0, True),
    ]


def test_identify_enrols_one_half_and_asks_for_all() -> None:
    # Persons 1 and 3 are enrolled while 2 and 4 are strangers, then the other way round.
    everybody = faces((1, 0.0), (1, 0.1), (2, 5.0), (2, 12.0), (3, 10.0), (3, 0.2), (4, 15.0), (4, 10.1))
    result = identify(everybody, 1, threshold=0.5)
    assert (result.right, result.unknown, result.wrong) == (1, 2, 1)
    assert (result.strangers, result.strangers_named) == (8, 1)


def test_the_logistic_that_pairs_were_drawn_from_is_found_again() -> None:
    generator = np.random.default_rng(0)
    distances = generator.uniform(0.2, 0.9, 20_000)
    same = generator.random(distances.size) < 1 / (1 + np.exp(20 * (distances - 0.55)))
    middle, steepness = fit_logistic(Pairs(distances.astype(np.float32), same))
    assert middle == pytest.approx(0.55, abs=0.01)
    assert steepness == pytest.approx(20, rel=0.05)


def test_how_many_pairs_there_are_of_a_kind_does_not_move_the_middle() -> None:
    distances = np.array([0.1, 0.2, 0.5, 0.4, 0.7, 0.8], np.float32)
    same = np.array([1, 1, 1, 0, 0, 0], bool)
    more = np.concatenate((distances, np.tile(distances[3:], 50)))
    once = fit_logistic(Pairs(distances, same))
    assert fit_logistic(Pairs(more, np.concatenate((same, np.zeros(150, bool))))) == pytest.approx(once, rel=1e-3)


def test_pairs_without_an_overlap_cannot_be_fitted() -> None:
    with pytest.raises(ValueError, match="overlap"):
        fit_logistic(Pairs(np.array([0.1, 0.9], np.float32), np.array([True, False])))


def test_a_bin_without_pairs_claims_nothing() -> None:
    bins = evaluation.calibrate(Pairs(np.array([0.0, 2.0], np.float32), np.array([True, False])))
    assert [one.pairs for one in bins] == [1, 0, 0, 0, 1]
    assert math.isnan(bins[2].share_same)
    assert bins[0].share_same == 0
    assert bins[-1].share_same == 1
