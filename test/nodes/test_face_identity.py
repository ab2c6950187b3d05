"""Real faces through the real graph: detector, identity, the examining process and the people store."""

from __future__ import annotations

import itertools
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from emotion_perception.msg import FaceArray, Identity, IdentityArray
from emotion_perception.srv import Enroll, Forget, ListPeople
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from numpy.typing import NDArray
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import String

from emotion_perception.core.identity.portraits import portrait
from emotion_perception.core.people.store import PeopleStore
from emotion_perception.nodes import node_class

TIMEOUT = 60.0  # of liveness, generous: the machine may be busy
LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
YES = {"consent": True, "consent_note": "asked in a test"}


class Stage:
    """Shows pictures to the detector, ten a second of their stamps, each once the one before is through."""

    def __init__(self, outsider: Any, message: Callable[..., Image]) -> None:
        self.images = outsider.talk(Image, "image_raw")
        self.identities = outsider.listen(IdentityArray, "identities")
        self.faces = outsider.listen(FaceArray, "faces")
        self._message = message
        self._stamps = itertools.count(1_000_000_000, 100_000_000)

    def show(self, picture: NDArray[np.uint8]) -> list[Identity]:
        """Show one frame and return who was seen."""
        stamp = next(self._stamps)
        self.images.publish(self._message(picture, stamp))
        return list(self.identities.wait_stamp(stamp).identities)

    def show_until(self, picture: NDArray[np.uint8], condition: Callable[[list[Identity]], Any]) -> list[Identity]:
        """Show a picture until what is known of its faces meets the condition."""
        end = time.monotonic() + TIMEOUT
        while True:
            seen = self.show(picture)
            if condition(seen):
                return seen
            assert time.monotonic() < end, seen

    def new_scene(self) -> None:
        """Let so much time pass that every face is forgotten."""
        for _ in range(25):
            next(self._stamps)
        self.show(np.zeros((64, 64, 3), np.uint8))


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return tmp_path / "people" / "people.db"


@pytest.fixture
def identity(start: Callable[..., Any], people: Path) -> Any:
    return start(node_class("face_identity"), people=str(people), lossless=True)


@pytest.fixture
def stage(identity: Any, start: Callable[..., Any], outsider: Any, image_message: Callable[..., Image]) -> Stage:
    start(node_class("face_detector"), lossless=True)
    made = Stage(outsider, image_message)
    made.show(np.zeros((64, 64, 3), np.uint8))
    return made


@pytest.fixture
def enroll(outsider: Any, image_message: Callable[..., Image]) -> Callable[..., Enroll.Response]:
    """enroll("Anna", picture=…) or enroll("Anna", face_id="face_1"), with consent unless told otherwise."""

    def call(name: str, picture: NDArray[np.uint8] | None = None, **values: Any) -> Enroll.Response:
        request = Enroll.Request(name=name, **(YES | values))
        if picture is not None:
            request.image = image_message(picture, 0)
        return outsider.call(Enroll, "face_identity/enroll", request)

    return call


def named(seen: list[Identity]) -> list[str]:
    return [each.name for each in seen]


def known(seen: list[Identity]) -> bool:
    return bool(seen) and all(each.name for each in seen)


def estimated(seen: list[Identity]) -> bool:
    return bool(seen) and all(math.isfinite(each.age) for each in seen)


def test_somebody_who_enrolled_by_picture_is_named_and_a_stranger_is_not(
    stage: Stage, enroll: Callable[..., Enroll.Response], picture: Callable[[str], NDArray[np.uint8]]
) -> None:
    answer = enroll("Ελένη", picture("happy_picture"), language="el")
    assert answer.success, answer.message

    (seen,) = stage.show_until(picture("happy_picture"), known)
    assert (seen.person_id, seen.name, seen.language) == (answer.person_id, "Ελένη", "el")
    assert 0.5 < seen.confidence <= 1

    stage.new_scene()
    (seen,) = stage.show_until(picture("surprise_picture"), estimated)  # so it was looked at often enough
    assert (seen.person_id, seen.name, seen.confidence) == ("", "", 0.0)
    assert seen.decided


def test_people_are_told_apart_from_each_other_and_from_strangers_on_other_photographs(
    stage: Stage, enroll: Callable[..., Enroll.Response]
) -> None:
    people = {"Anna": 22, "Bohdan": 10}
    for name, number in people.items():
        answer = enroll(name, portrait(number, 1))
        assert answer.success, answer.message
    for name, number in [*people.items(), ("", 3), ("", 35)]:
        stage.new_scene()
        seen = [stage.show(portrait(number, 4 + frame % 7)) for frame in range(21)]
        assert all(len(each) == 1 for each in seen)
        names = [each.name for (each,) in seen]
        assert set(names) <= {name, ""}, f"person {number} was taken for another"
        assert names[-1] == name, f"person {number}: {names}"


def test_somebody_in_view_is_enrolled_by_the_id_of_their_face(
    stage: Stage, enroll: Callable[..., Enroll.Response], picture: Callable[[str], NDArray[np.uint8]]
) -> None:
    (seen,) = stage.show(picture("happy_picture"))
    answers: list[Enroll.Response] = []
    thread = threading.Thread(target=lambda: answers.append(enroll("Anna", face_id=seen.face_id)))
    thread.start()
    stage.show_until(picture("happy_picture"), lambda seen: answers)
    thread.join()
    assert answers[0].success, answers[0].message
    assert named(stage.show(picture("happy_picture"))) == ["Anna"], "at once, by the looks that were taken"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"consent": False}, "nobody is remembered without consent"),
        ({"consent_note": ""}, "say how it was given"),
        ({"face_id": "face_99"}, 'no face "face_99" is in view'),
        ({"name": " \n "}, "the name is empty"),
        ({"name": "x" * 10_000}, "10000 characters"),
        ({"language": "elvish!"}, "elvish!"),
        ({"picture": "no_face_picture"}, "no face in the picture"),
        ({"picture": "group_picture"}, "5 faces in the picture"),
        ({"picture": "turned_picture"}, "turned away"),
        ({"picture": ""}, "image"),
    ],
    ids=lambda value: "",
)
def test_an_enrolment_is_refused_in_a_sentence(
    values: dict[str, Any],
    sentence: str,
    identity: Any,
    enroll: Callable[..., Enroll.Response],
    picture: Callable[[str], NDArray[np.uint8]],
    people: Path,
) -> None:
    request = {"name": "Anna", "picture": "happy_picture"} | values
    shown = picture(request["picture"]) if request["picture"] else None
    answer = enroll(**(request | {"picture": shown}))
    assert not answer.success
    assert sentence in answer.message
    assert answer.person_id == ""
    with PeopleStore(people, embedder="dlib_resnet", dimension=128) as store:
        assert store.people() == []


def test_a_face_that_is_known_already_is_refused(
    identity: Any, enroll: Callable[..., Enroll.Response], picture: Callable[[str], NDArray[np.uint8]]
) -> None:
    assert enroll("Anna", picture("happy_picture")).success
    answer = enroll("Berta", picture("happy_picture"))
    assert not answer.success
    assert 'too like that of "Anna"' in answer.message


def test_somebody_who_leaves_or_hides_is_not_enrolled(
    stage: Stage, enroll: Callable[..., Enroll.Response], picture: Callable[[str], NDArray[np.uint8]]
) -> None:
    (seen,) = stage.show(picture("turned_picture"))
    answers: list[Enroll.Response] = []
    thread = threading.Thread(target=lambda: answers.append(enroll("Anna", face_id=seen.face_id)))
    thread.start()
    stage.show_until(picture("turned_picture"), lambda seen: answers)
    thread.join()
    assert not answers[0].success
    assert "turned away" in answers[0].message


def test_list_and_forget(
    stage: Stage,
    outsider: Any,
    enroll: Callable[..., Enroll.Response],
    picture: Callable[[str], NDArray[np.uint8]],
) -> None:
    anna = enroll("Anna", picture("happy_picture"), language="hu").person_id
    enroll("Berta", picture("surprise_picture"))
    stage.show_until(picture("happy_picture"), known)

    listed = outsider.call(ListPeople, "face_identity/list_people", ListPeople.Request())
    assert listed.success
    assert [(each.name, each.language, each.embeddings) for each in listed.people] == [
        ("Anna", "hu", 1),
        ("Berta", "", 1),
    ]
    assert listed.people[0].consent_note == "asked in a test"
    assert abs(listed.people[0].consented.sec - time.time()) < 600

    answer = outsider.call(Forget, "face_identity/forget", Forget.Request(person=anna))
    assert (answer.success, answer.forgotten) == (True, 1)
    assert named(stage.show(picture("happy_picture"))) == [""], "from the next image on"

    refused = outsider.call(Forget, "face_identity/forget", Forget.Request(person="Anna"))
    assert (refused.success, refused.forgotten) == (False, 0)
    assert 'nobody here is called "Anna"' in refused.message
    both = outsider.call(Forget, "face_identity/forget", Forget.Request(person="Berta", all=True))
    assert not both.success
    everyone = outsider.call(Forget, "face_identity/forget", Forget.Request(all=True))
    assert (everyone.success, everyone.forgotten) == (True, 1)


def test_whom_another_process_forgets_is_not_named_any_longer(
    stage: Stage,
    enroll: Callable[..., Enroll.Response],
    picture: Callable[[str], NDArray[np.uint8]],
    people: Path,
) -> None:
    person = enroll("Anna", picture("happy_picture")).person_id
    stage.show_until(picture("happy_picture"), known)
    with PeopleStore(people, embedder="dlib_resnet", dimension=128) as store:
        store.forget(person)
    stage.show_until(picture("happy_picture"), lambda seen: named(seen) == [""])


def test_nobody_is_looked_at_who_need_not_be(
    start: Callable[..., Any],
    outsider: Any,
    people: Path,
    image_message: Callable[..., Image],
    picture: Callable[[str], NDArray[np.uint8]],
) -> None:
    start(node_class("face_identity"), people=str(people), lossless=True, age_gender=False)
    start(node_class("face_detector"), lossless=True)
    stage = Stage(outsider, image_message)
    for _ in range(5):
        (seen,) = stage.show(picture("happy_picture"))
        assert (seen.name, math.isnan(seen.age), math.isnan(seen.female_probability)) == ("", True, True)
    assert examining() == [], "nobody is enrolled, so there is nobody to compare a face with"


def test_age_and_gender_are_estimated_and_can_be_switched_off(
    identity: Any, stage: Stage, picture: Callable[[str], NDArray[np.uint8]]
) -> None:
    (seen,) = stage.show_until(picture("happy_picture"), estimated)
    assert 15 < seen.age < 50
    assert seen.female_probability > 0.8
    identity.set_parameters([Parameter("age_gender", value=False)])
    (seen,) = stage.show(picture("happy_picture"))
    assert math.isnan(seen.age)
    assert math.isnan(seen.female_probability)


def test_switched_off_it_names_and_enrolls_nobody(
    identity: Any,
    stage: Stage,
    enroll: Callable[..., Enroll.Response],
    picture: Callable[[str], NDArray[np.uint8]],
) -> None:
    enroll("Anna", picture("happy_picture"))
    (seen,) = stage.show_until(picture("happy_picture"), known)
    identity.set_parameters([Parameter("enabled", value=False)])
    assert named(stage.show(picture("happy_picture"))) == [""]
    answer = enroll("Anna", face_id=seen.face_id)
    assert "switched off" in answer.message


def test_the_notice_says_what_is_kept_where_and_reaches_who_comes_late(
    identity: Any, outsider: Any, people: Path, start: Callable[..., Any]
) -> None:
    notices = outsider.listen(String, "privacy_notice", LATCHED)
    (notice,) = notices.wait(len)
    for words in (str(people), "365 days", "emotion-perception people forget", "pictures are not stored"):
        assert words in notice.data
    identity.set_parameters([Parameter("enabled", value=False)])
    outsider.talk(FaceArray, "faces").publish(FaceArray())
    assert "does not recognise anybody" in notices.wait(lambda messages: len(messages) == 2)[1].data


def test_a_damaged_store_is_told_and_the_rest_goes_on(
    start: Callable[..., Any],
    outsider: Any,
    diagnoses: Any,
    people: Path,
    enroll: Callable[..., Enroll.Response],
    image_message: Callable[..., Image],
    picture: Callable[[str], NDArray[np.uint8]],
    eventually: Callable[..., None],
) -> None:
    people.parent.mkdir()
    people.write_bytes(b"no database at all" * 1000)
    start(node_class("face_identity"), people=str(people), lossless=True)
    start(node_class("face_detector"), lossless=True)
    status = diagnoses.wait_for("face_identity", str(people))
    assert status.level == b"\2"
    stage = Stage(outsider, image_message)
    stage.show_until(picture("happy_picture"), estimated)
    answer = enroll("Anna", picture("happy_picture"))
    assert not answer.success
    assert str(people) in answer.message
    listed = outsider.call(ListPeople, "face_identity/list_people", ListPeople.Request())
    assert not listed.success
    assert str(people) in listed.message

    people.unlink()
    eventually(lambda: outsider.call(ListPeople, "face_identity/list_people", ListPeople.Request()).success)
    assert enroll("Anna", picture("happy_picture")).success


def test_a_killed_examining_process_is_told_and_comes_back(
    stage: Stage, diagnoses: Any, picture: Callable[[str], NDArray[np.uint8]]
) -> None:
    stage.show_until(picture("happy_picture"), lambda seen: examining())
    (process,) = examining()
    process.kill()
    diagnoses.wait_for("face_identity", "exit code -9")
    stage.show_until(picture("happy_picture"), estimated)
    diagnoses.wait_for("face_identity", "OK")


def test_a_missing_weight_fails_the_configuration(
    graph: Any, start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    node = start(node_class("face_identity"), active=False, autostart=False)
    assert node.trigger_configure().name == "FAILURE"
    assert "emotion-perception models pull" in str(graph.failed)


def test_services_of_an_inactive_node_say_so(
    identity: Any, outsider: Any, enroll: Callable[..., Enroll.Response], picture: Callable[[str], NDArray[np.uint8]]
) -> None:
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
    assert outsider.call(ChangeState, "face_identity/change_state", request).success
    assert "not active" in enroll("Anna", picture("happy_picture")).message
    assert examining() == []


def test_nothing_of_a_face_is_written_anywhere_but_the_store(
    stage: Stage,
    enroll: Callable[..., Enroll.Response],
    picture: Callable[[str], NDArray[np.uint8]],
    people: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    enroll("Anna Adalbert", picture("happy_picture"))
    stage.show_until(picture("happy_picture"), known)
    with sqlite3.connect(people) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        cells = [cell for table in tables for row in database.execute(f"SELECT * FROM {table}") for cell in row]
    database.close()
    assert max(len(cell) for cell in cells if isinstance(cell, bytes)) == 128 * 4, "an embedding and no picture"
    assert {file.name for file in people.parent.iterdir()} <= {"people.db", "people.db-wal", "people.db-shm"}
    out = capfd.readouterr()
    assert "Adalbert" not in out.out + out.err


def examining() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if "examination" in " ".join(child.cmdline())]


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    assert examining() == []
