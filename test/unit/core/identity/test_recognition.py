"""The parts at work together: real portraits, networks, process and store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.face_finder import FaceFinder
from emotion_perception.core.faces import Face
from emotion_perception.core.identity import recognition as module
from emotion_perception.core.identity.confidence import confidence
from emotion_perception.core.identity.embedder import DEFAULT_EMBEDDER, embedder_class
from emotion_perception.core.identity.examiner import Examiner
from emotion_perception.core.identity.portraits import portrait
from emotion_perception.core.identity.recogniser import Identification, Recogniser
from emotion_perception.core.identity.recognition import Recognition
from emotion_perception.core.people.gallery import Gallery
from emotion_perception.core.people.memory import Memory
from emotion_perception.core.people.person import Consent, Person
from emotion_perception.core.people.store import PeopleStore

NOW = 1_790_000_000.0
CONSENT = Consent(NOW, "asked in a test")
EMBEDDER = embedder_class(DEFAULT_EMBEDDER)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Recognition]]:
    """make() -> a Recognition on a new store; make(recognise=False) and so on."""
    made: list[tuple[Recognition, Memory]] = []

    def build(**settings: bool) -> Recognition:
        path = tmp_path / f"{len(made)}.db"
        memory = Memory(path, embedder=EMBEDDER.name, dimension=EMBEDDER.dimension, retention_days=0)
        recogniser = Recogniser(
            Gallery.empty(EMBEDDER.dimension),
            confidence=confidence,
            **({"threshold": EMBEDDER.threshold, "refresh": 3.0, "estimate": False} | settings),
        )
        recognition = Recognition(recogniser, Examiner(EMBEDDER.name), memory)
        recognition.tick(NOW)
        made.append((recognition, memory))
        return recognition

    yield build
    for recognition, memory in made:
        recognition.stop()
        memory.close()


@pytest.fixture
def face(only_face: Callable[[NDArray[np.uint8]], Face]) -> Callable[[int, int], Face]:
    """face(22, 1) -> the face of a portrait, as the track "face_1"."""
    return lambda person, picture: replace(only_face(portrait(person, picture)), id="face_1")


def watch(recognition: Recognition, faces: list[Face]) -> list[Identification]:
    """Show one face after the other, five a second."""
    return [recognition.identify(0.2 * index, [face], wait=True)[0] for index, face in enumerate(faces)]


def test_whoever_enrolled_by_a_picture_is_known_on_others(
    make: Callable[..., Recognition], face: Callable[[int, int], Face], finder: FaceFinder
) -> None:
    recognition = make()
    person = recognition.enroll_picture(portrait(22, 1), "Anna", finder=lambda: finder, consent=CONSENT, language="el")
    assert (person.name, person.language, person.embeddings) == ("Anna", "el", 1)
    seen = watch(recognition, [face(22, picture) for picture in (4, 5, 6)])
    assert [each.person.id if each.person else None for each in seen] == [None, person.id, person.id]


def test_waiting_gives_the_same_answers_in_every_replay(
    make: Callable[..., Recognition], face: Callable[[int, int], Face], finder: FaceFinder
) -> None:
    def replay() -> list[tuple[str, float, float, float]]:
        recognition = make(estimate=True)
        recognition.enroll_picture(portrait(22, 1), "Anna", finder=lambda: finder, consent=CONSENT, language="")
        seen = watch(recognition, [face(22, picture) for picture in range(2, 11)])
        return [(each.person.name if each.person else "", each.confidence, each.age, each.female_probability)
                for each in seen]  # fmt: skip

    np.testing.assert_equal(replay(), replay())


def test_somebody_in_view_is_enrolled_by_looks_at_the_next_images(
    make: Callable[..., Recognition], face: Callable[[int, int], Face]
) -> None:
    recognition = make()
    faces = [face(22, picture) for picture in (1, 2, 3)]
    recognition.identify(0.0, faces[:1])
    stop = threading.Event()

    def camera() -> None:
        stamp = 0.0
        while not stop.is_set():
            stamp += 0.1
            recognition.identify(stamp, [faces[round(10 * stamp) % 3]], wait=True)

    thread = threading.Thread(target=camera)
    thread.start()
    try:
        person = recognition.enroll_face("face_1", "Anna", consent=CONSENT, language="")
    finally:
        stop.set()
        thread.join()
    assert person.embeddings == module.ENROLMENT_LOOKS


def test_somebody_who_shows_no_good_look_is_told_what_is_wrong(
    make: Callable[..., Recognition],
    only_face: Callable[[NDArray[np.uint8]], Face],
    picture: Callable[[str], NDArray[np.uint8]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ENROLMENT_TIMEOUT", 0.5)
    recognition = make()
    turned = replace(only_face(picture("turned_picture")), id="face_1")
    recognition.identify(0.0, [turned])
    shown = threading.Timer(0.1, lambda: recognition.identify(0.3, [turned]))
    shown.start()
    with pytest.raises(PeopleError, match="turned away"):
        recognition.enroll_face("face_1", "Anna", consent=CONSENT, language="")
    shown.join()


def test_somebody_who_leaves_is_not_waited_for(
    make: Callable[..., Recognition], face: Callable[[int, int], Face]
) -> None:
    recognition = make()
    recognition.identify(0.0, [face(22, 1)])
    left = threading.Timer(0.1, lambda: recognition.identify(10.0, []))
    left.start()
    with pytest.raises(PeopleError, match="left before it was seen well"):
        recognition.enroll_face("face_1", "Anna", consent=CONSENT, language="")
    left.join()


def test_who_is_not_in_view_or_not_to_be_recognised_is_not_enrolled(
    make: Callable[..., Recognition], face: Callable[[int, int], Face]
) -> None:
    with pytest.raises(PeopleError, match='no face "face_9" is in view'):
        make().enroll_face("face_9", "Anna", consent=CONSENT, language="")
    recognition = make(recognise=False)
    recognition.identify(0.0, [face(22, 1)])
    with pytest.raises(PeopleError, match="switched off"):
        recognition.enroll_face("face_1", "Anna", consent=CONSENT, language="")


def test_stopping_ends_an_enrolment(make: Callable[..., Recognition], face: Callable[[int, int], Face]) -> None:
    recognition = make()
    recognition.identify(0.0, [face(22, 1)])
    stopped = threading.Timer(0.1, recognition.stop)
    stopped.start()
    with pytest.raises(PeopleError):
        recognition.enroll_face("face_1", "Anna", consent=CONSENT, language="")
    stopped.join()


def test_a_refused_enrolment_hides_no_forgetting(
    make: Callable[..., Recognition], face: Callable[[int, int], Face], finder: FaceFinder, tmp_path: Path
) -> None:
    recognition = make()

    def enroll(name: str, person: int) -> Person:
        return recognition.enroll_picture(
            portrait(person, 1), name, finder=lambda: finder, consent=CONSENT, language=""
        )

    anna = enroll("Anna", 22)
    enroll("Berta", 10)
    assert watch(recognition, [face(22, picture) for picture in (4, 5, 6)])[-1].person == anna
    with PeopleStore(tmp_path / "0.db", embedder=EMBEDDER.name, dimension=EMBEDDER.dimension) as elsewhere:
        elsewhere.forget(anna.id)
    with pytest.raises(PeopleError, match="too like"):
        enroll("Clara", 10)
    recognition.tick(NOW)
    assert recognition.identify(1.0, [face(22, 7)], wait=True)[0].person is None


def test_several_can_be_enrolled_by_pictures_at_once_but_nobody_twice(
    make: Callable[..., Recognition], finder: FaceFinder
) -> None:
    recognition = make()

    def enroll(person: int) -> str:
        try:
            return recognition.enroll_picture(
                portrait(person, 1), f"person {person}", finder=lambda: finder, consent=CONSENT, language=""
            ).name
        except PeopleError as error:
            return str(error)

    with ThreadPoolExecutor() as pool:
        answers = sorted(pool.map(enroll, [22, 10, 32, 22]))
    assert answers[:3] == ["person 10", "person 22", "person 32"]
    assert 'too like that of "person 22"' in answers[3]
