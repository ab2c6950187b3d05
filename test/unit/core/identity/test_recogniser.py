from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.identity.recogniser import (
    ENOUGH,
    MEMORY,
    UNSURE_INTERVAL,
    WINDOW,
    Look,
    Recogniser,
)
from emotion_perception.core.people.gallery import Gallery
from emotion_perception.core.people.person import Consent, Person

DIMENSION = 4
REFRESH = 3.0
CONSENT = Consent(0.0, "asked in a test")


def person(name: str) -> Person:
    return Person(f"id of {name}", name, "", CONSENT, 0.0, 0.0, None, 1)


def point(*values: float) -> NDArray[np.float32]:
    return np.array([*values, *[0.0] * (DIMENSION - len(values))], np.float32)


#: Anna and Berta are 1.0 apart: neither is the other at the threshold.
ANNA, BERTA, STRANGER = point(0.0), point(1.0), point(0.0, 5.0)


def gallery(**people: NDArray[np.float32]) -> Gallery:
    if not people:
        return Gallery.empty(DIMENSION)
    return Gallery(
        tuple(person(name) for name in people), np.array(list(people.values())), np.arange(len(people), dtype=np.intp)
    )


def recogniser(known: Gallery, *, recognise: bool = True, estimate: bool = False) -> Recogniser:
    return Recogniser(
        known,
        confidence=lambda distance: 1.0 - distance / 2,
        threshold=0.6,
        refresh=REFRESH,
        recognise=recognise,
        estimate=estimate,
    )


@pytest.fixture
def both() -> Recogniser:
    return recogniser(gallery(anna=ANNA, berta=BERTA))


def look(made: Recogniser, face: str, stamp: float, embedding: NDArray[np.float32]) -> None:
    made.see(stamp, [face])
    made.looking(face, stamp)
    made.learn(face, Look(stamp, 1.0, embedding, memorable=True))


def name(made: Recogniser, face: str) -> str | None:
    (found,) = made.identify([face])
    return found.person.name if found.person else None


def names(made: Recogniser, faces: Sequence[str]) -> list[str | None]:
    return [found.person.name if found.person else None for found in made.identify(faces)]


def test_one_look_names_nobody_and_two_that_agree_do(both: Recogniser) -> None:
    look(both, "face_1", 0.0, ANNA)
    assert name(both, "face_1") is None
    look(both, "face_1", 0.2, ANNA)
    assert name(both, "face_1") == "anna"


def test_confidence_is_that_of_the_distances_shared_out_over_all_looks(both: Recogniser) -> None:
    look(both, "face_1", 0.0, point(-0.2))
    look(both, "face_1", 0.2, point(-0.4))
    assert both.identify(["face_1"])[0].confidence == pytest.approx((0.9 + 0.8) / 2)
    look(both, "face_1", 0.4, STRANGER)
    assert both.identify(["face_1"])[0].confidence == pytest.approx((0.9 + 0.8) / 3)


def test_looks_that_disagree_name_nobody(both: Recogniser) -> None:
    for stamp, embedding in enumerate([ANNA, BERTA, STRANGER, BERTA]):
        look(both, "face_1", 0.2 * stamp, embedding)
        assert name(both, "face_1") is None


def test_a_stranger_stays_unknown(both: Recogniser) -> None:
    for stamp in range(2 * WINDOW):
        look(both, "face_1", 0.2 * stamp, STRANGER)
    (found,) = both.identify(["face_1"])
    assert (found.person, found.confidence) == (None, 0.0)


def test_it_is_decided_who_somebody_is_after_two_looks_and_who_nobody_is_after_one_more(both: Recogniser) -> None:
    def decided(stamp: float, embedding: NDArray[np.float32]) -> bool:
        look(both, f"face of {embedding}", stamp, embedding)
        return both.identify([f"face of {embedding}"])[0].decided

    assert [decided(stamp, ANNA) for stamp in (0.0, 0.2)] == [False, True]
    assert [decided(stamp, STRANGER) for stamp in (0.4, 0.6, 0.8)] == [False, False, True]


def test_looks_that_disagree_are_a_strangers_in_the_end(both: Recogniser) -> None:
    decided = []
    for stamp, embedding in enumerate([ANNA, BERTA, STRANGER, BERTA, ANNA]):
        look(both, "face_1", 0.2 * stamp, embedding)
        decided.append(both.identify(["face_1"])[0].decided)
    assert decided == [False] * (WINDOW - 1) + [True]


def test_where_nobody_is_remembered_everybody_is_a_stranger_at_once() -> None:
    made = recogniser(gallery())
    made.see(0.0, ["face_1"])
    assert [found.decided for found in made.identify(["face_1", "unseen"])] == [True, False]


def test_a_match_at_the_threshold_is_one_and_beyond_it_is_none() -> None:
    for distance, expected in ((0.59, "anna"), (0.61, None)):
        made = recogniser(gallery(anna=ANNA))
        for stamp in (0.0, 0.2):
            look(made, "face_1", stamp, point(-distance))
        assert name(made, "face_1") == expected


def test_a_face_keeps_its_person_through_bad_looks_until_none_of_the_window_names_them(both: Recogniser) -> None:
    stamps = iter(np.arange(0, 100, 0.2))
    for _ in range(2):
        look(both, "face_1", float(next(stamps)), ANNA)
    for _ in range(WINDOW - 1):
        look(both, "face_1", float(next(stamps)), STRANGER)
        assert name(both, "face_1") == "anna"
    look(both, "face_1", float(next(stamps)), STRANGER)
    assert name(both, "face_1") is None


def test_another_person_takes_over_when_most_looks_say_so(both: Recogniser) -> None:
    stamps = iter(np.arange(0, 100, 0.2))
    for _ in range(WINDOW):
        look(both, "face_1", float(next(stamps)), ANNA)
    seen = []
    for _ in range(WINDOW):
        look(both, "face_1", float(next(stamps)), BERTA)
        seen.append(name(both, "face_1"))
    assert seen == ["anna", "anna", "berta", "berta", "berta"]


def two_faces(made: Recogniser, first: float, second: float, *, stamps: Iterator[float]) -> None:
    for _ in range(WINDOW):
        stamp = next(stamps)
        made.see(stamp, ["face_1", "face_2"])
        made.learn("face_1", Look(stamp, 1.0, point(-first)))
        made.learn("face_2", Look(stamp, 1.0, point(-second)))


def test_of_two_faces_that_look_like_one_person_the_better_one_is_named() -> None:
    made, stamps = recogniser(gallery(anna=ANNA)), iter(np.arange(0, 100, 0.2).tolist())
    two_faces(made, 0.5, 0.1, stamps=stamps)
    assert names(made, ["face_1", "face_2"]) == [None, "anna"]


def test_a_person_does_not_jump_between_two_faces_that_are_nearly_as_good() -> None:
    made, stamps = recogniser(gallery(anna=ANNA)), iter(np.arange(0, 100, 0.2).tolist())
    two_faces(made, 0.10, 0.14, stamps=stamps)
    assert names(made, ["face_1", "face_2"]) == ["anna", None]
    two_faces(made, 0.14, 0.10, stamps=stamps)
    assert names(made, ["face_1", "face_2"]) == ["anna", None]
    two_faces(made, 0.50, 0.10, stamps=stamps)
    assert names(made, ["face_1", "face_2"]) == [None, "anna"]


def test_whoever_left_the_picture_holds_nobody() -> None:
    made, stamps = recogniser(gallery(anna=ANNA)), iter(np.arange(0, 100, 0.2).tolist())
    two_faces(made, 0.1, 0.5, stamps=stamps)
    assert names(made, ["face_1", "face_2"]) == ["anna", None]
    assert names(made, ["face_2"]) == ["anna"]


def test_forgetting_ends_the_name_at_once_and_enrolling_begins_it(both: Recogniser) -> None:
    for stamp in (0.0, 0.2):
        look(both, "face_1", stamp, ANNA)
    both.use(gallery(berta=BERTA))
    assert name(both, "face_1") is None
    both.use(gallery(anna=ANNA, berta=BERTA))
    assert name(both, "face_1") == "anna"


def test_a_face_that_left_is_forgotten_with_what_it_told(both: Recogniser) -> None:
    for stamp in (0.0, 0.2):
        look(both, "face_1", stamp, ANNA)
    both.see(0.2 + MEMORY, [])
    assert name(both, "face_1") == "anna"
    both.see(0.3 + MEMORY, [])
    assert name(both, "face_1") is None
    assert both.memorable("face_1") is None
    both.learn("face_1", Look(2.4, 1.0, ANNA))  # a look that comes late
    assert both.memorable("face_1") is None


def test_a_clock_that_is_set_back_begins_anew(both: Recogniser) -> None:
    for stamp in (1000.0, 1000.2):
        look(both, "face_1", stamp, ANNA)
    both.see(5.0, ["face_2"])
    assert both.memorable("face_1") is None


def looks_at(made: Recogniser, face: str, embedding: NDArray[np.float32], *, until: float) -> list[float]:
    """When a face that is always in view, at 30 Hz, is looked at."""
    looked = []
    for frame in range(int(until * 30)):
        stamp = frame / 30
        made.see(stamp, [face])
        if made.due(stamp, [face]):
            looked.append(stamp)
            made.looking(face, stamp)
            made.learn(face, Look(stamp, 1.0, embedding if made.embeds(face) else None, 30.0, 0.5))
    return looked


def test_looks_are_dense_while_unsure_and_rare_once_sure(both: Recogniser) -> None:
    gaps = np.diff(looks_at(both, "face_1", ANNA, until=12.0))
    assert gaps[0] == pytest.approx(UNSURE_INTERVAL, abs=0.04)
    assert gaps[1:] == pytest.approx([REFRESH] * len(gaps[1:]), abs=0.04)


def test_a_stranger_needs_one_look_more_and_is_then_looked_at_rarely(both: Recogniser) -> None:
    gaps = np.diff(looks_at(both, "face_1", STRANGER, until=12.0))
    assert gaps[: ENOUGH - 1] == pytest.approx([UNSURE_INTERVAL] * (ENOUGH - 1), abs=0.04)
    assert gaps[ENOUGH - 1 :] == pytest.approx([REFRESH] * len(gaps[ENOUGH - 1 :]), abs=0.04)


def test_a_face_that_stays_hard_is_looked_at_less_and_less(both: Recogniser) -> None:
    stamps, embeddings = [], [ANNA, BERTA]
    for frame in range(30 * 30):
        stamp = frame / 30
        both.see(stamp, ["face_1"])
        if both.due(stamp, ["face_1"]):
            both.looking("face_1", stamp)
            both.learn("face_1", Look(stamp, 1.0, embeddings[len(stamps) % 2]))
            stamps.append(stamp)
    assert np.diff(stamps)[0] == pytest.approx(UNSURE_INTERVAL, abs=0.04)
    assert np.diff(stamps)[-1] == pytest.approx(REFRESH, abs=0.04)
    assert len(stamps) < 32


def test_a_face_in_view_for_days_is_still_looked_at(both: Recogniser) -> None:
    for index in range(6000):
        stamp = 3.0 * index
        both.see(stamp - 1.5, ["face_1"])
        both.see(stamp, ["face_1"])
        assert both.due(stamp, ["face_1"])
        both.looking("face_1", stamp)


def test_a_face_that_was_seen_badly_is_not_judged_again_in_every_image(both: Recogniser) -> None:
    both.see(0.0, ["face_1"])
    both.seen_badly("face_1", 0.0, "too small")
    assert both.due(0.05, ["face_1"]) == []
    assert both.due(0.1, ["face_1"]) == ["face_1"]
    assert both.refusal("face_1") == "too small"


def test_two_enrolments_of_a_face_want_it_until_both_are_through(both: Recogniser) -> None:
    both.see(0.0, ["face_1"])
    both.want("face_1")
    both.want("face_1")
    both.release("face_1")
    assert both.wanted("face_1")
    both.release("face_1")
    assert not both.wanted("face_1")


def test_the_face_that_waits_longest_comes_first_and_one_being_enrolled_before_all(both: Recogniser) -> None:
    look(both, "sure", 0.0, ANNA)
    look(both, "sure", 0.2, ANNA)
    look(both, "unsure", 1.0, BERTA)
    faces = ["sure", "unsure", "new"]
    both.see(1.6, faces)
    assert both.due(1.6, faces) == ["new", "unsure"]
    both.want("sure")
    assert both.due(1.6, faces) == ["sure", "new", "unsure"]


def test_nothing_is_looked_for_when_nobody_is_enrolled_and_nothing_estimated() -> None:
    made = recogniser(gallery())
    made.see(0.0, ["face_1"])
    assert made.due(0.0, ["face_1"]) == []
    assert not made.embeds("face_1")
    made.want("face_1")
    assert made.due(0.0, ["face_1"]) == ["face_1"]
    assert made.embeds("face_1")


def test_switched_off_it_embeds_nobody_and_forgets_what_it_knew(both: Recogniser) -> None:
    for stamp in (0.0, 0.2):
        look(both, "face_1", stamp, ANNA)
    both.set(threshold=0.6, refresh=REFRESH, recognise=False, estimate=True)
    assert name(both, "face_1") is None
    assert not both.embeds("face_1")


def estimated(values: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    made = recogniser(gallery(), estimate=True)
    for index, (age, female, quality) in enumerate(values):
        made.see(0.2 * index, ["face_1"])
        made.learn("face_1", Look(0.2 * index, quality, None, age, female))
    (found,) = made.identify(["face_1"])
    return found.age, found.female_probability


def test_age_and_gender_are_means_weighted_by_quality() -> None:
    age, female = estimated([(30, 0.9, 1.0), (36, 0.6, 0.5), (30, 0.9, 1.0)])
    assert age == pytest.approx((30 + 18 + 30) / 2.5)
    assert female == pytest.approx((0.9 + 0.3 + 0.9) / 2.5)


def test_age_and_gender_are_not_told_before_there_are_enough_looks() -> None:
    assert all(math.isnan(value) for value in estimated([(30, 0.9, 1.0)] * (ENOUGH - 1)))
    assert not any(math.isnan(value) for value in estimated([(30, 0.9, 1.0)] * ENOUGH))


def test_an_age_that_jumps_about_is_not_told() -> None:
    age, female = estimated([(20, 0.9, 1.0), (60, 0.9, 1.0), (40, 0.9, 1.0)])
    assert math.isnan(age)
    assert female == pytest.approx(0.9)


def test_a_gender_that_could_be_either_is_not_told() -> None:
    assert math.isnan(estimated([(30, 0.1, 1.0), (30, 0.9, 1.0), (30, 0.6, 1.0)])[1])
    assert estimated([(30, 0.3, 1.0)] * ENOUGH)[1] == pytest.approx(0.3)


def test_age_and_gender_are_not_told_when_switched_off() -> None:
    made = recogniser(gallery(), estimate=True)
    for index in range(ENOUGH):
        made.see(float(index), ["face_1"])
        made.learn("face_1", Look(float(index), 1.0, None, 30.0, 0.5))
    made.set(threshold=0.6, refresh=REFRESH, recognise=True, estimate=False)
    assert math.isnan(made.identify(["face_1"])[0].age)


def test_somebody_is_remembered_by_memorable_looks_only(both: Recogniser) -> None:
    look(both, "face_1", 0.0, ANNA)
    both.learn("face_1", Look(0.2, 1.0, BERTA))
    both.learn("face_1", Look(0.4, 1.0, None, 30.0, 0.5, memorable=True))
    found = both.memorable("face_1")
    assert found is not None
    np.testing.assert_array_equal(found, [ANNA])


def test_the_threshold_changes_what_earlier_looks_say(both: Recogniser) -> None:
    for stamp in (0.0, 0.2):
        look(both, "face_1", stamp, point(-0.5))
    assert name(both, "face_1") == "anna"
    both.set(threshold=0.4, refresh=REFRESH, recognise=True, estimate=False)
    assert name(both, "face_1") is None
