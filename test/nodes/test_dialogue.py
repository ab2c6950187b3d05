"""Conversations through the real graph: the real engine and scenario; who is seen and heard comes from the test."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emotion_perception.msg import (
    DialogueState,
    Emotion,
    EmotionArray,
    Expectation,
    Face,
    FaceArray,
    Identity,
    IdentityArray,
    Utterance,
)
from emotion_perception.srv import Enroll, Forget
from numpy.typing import NDArray
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger

from emotion_perception.core.people.store import PeopleStore
from emotion_perception.core.speaking_time import speaking_time
from emotion_perception.nodes import node_class
from emotion_perception.ros.messages import header_at

LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
BEGIN = 1_800_000_000_000_000_000
STEP = 100_000_000  # ns between images
STRANGER = {"decided": True}
ANNA = {"person_id": "id of Anna", "name": "Anna", "decided": True}


class Scene:
    """What the nodes before the dialogue would say of ten images a second, each once the one before was taken."""

    def __init__(
        self, outsider: Any, dialogue: Any, eventually: Callable[..., None], *, namespace: str = "", pause: float = 0.0
    ) -> None:
        self._faces = outsider.talk(FaceArray, f"{namespace}faces")
        self._identities = outsider.talk(IdentityArray, f"{namespace}identities")
        self._emotions = outsider.talk(EmotionArray, f"{namespace}emotion")
        self.heard = outsider.talk(Utterance, f"{namespace}heard")
        self.said = outsider.listen(String, f"{namespace}speech")
        self.states = outsider.listen(DialogueState, f"{namespace}dialogue/state", LATCHED)
        self.expected = outsider.listen(Expectation, f"{namespace}dialogue/expectation", LATCHED)
        self._pause = pause
        self._dialogue, self._eventually = dialogue, eventually
        self.stamp = BEGIN
        self.states.wait(len)

    def show(self, *people: dict[str, Any], seconds: float = 0.1) -> None:
        """Show these people for so long; each is an Identity's fields, with a label for its expression."""
        for _ in range(round(seconds * 1e9) // STEP):
            self.stamp += STEP
            header, shown = header_at(self.stamp, "eye"), [dict(each) for each in people]
            labels = [each.pop("label", "neutral") for each in shown]
            ids = [each.setdefault("face_id", f"face_{number}") for number, each in enumerate(shown, 1)]
            roi = RegionOfInterest(width=100, height=100)
            taken = self._taken
            self._faces.publish(
                FaceArray(
                    header=header, image_width=640, image_height=480, faces=[Face(id=face, roi=roi) for face in ids]
                )
            )
            self._identities.publish(IdentityArray(header=header, identities=[Identity(**each) for each in shown]))
            emotions = [
                Emotion(face_id=face, roi=roi, label=label, confidence=0.9)
                for face, label in zip(ids, labels, strict=True)
            ]
            self._emotions.publish(EmotionArray(header=header, labels=LABELS, emotions=emotions))
            self._eventually(lambda taken=taken: self._taken > taken)
            time.sleep(self._pause)

    def show_until(self, condition: Callable[[], Any], *people: dict[str, Any], seconds: float = 60.0) -> None:
        """Show these people until the condition holds, for so many seconds of the stamps at most."""
        end = self.stamp + round(seconds * 1e9)
        while not condition():
            assert self.stamp < end, ([each.data for each in self.said.messages], self.state)
            self.show(*people)

    def waits_in(self, state: str) -> bool:
        """Whether the robot has said what it says in a state, and waits for an answer."""
        waits = self.state.state == state and self.state.waiting_for not in ("", "speech")
        return waits and not self._dialogue.speaking

    def hear(self, text: str, *, final: bool = True) -> None:
        """Let somebody say something."""
        self.heard.publish(Utterance(text=text, confidence=0.9, language="en", final=final))

    @property
    def texts(self) -> list[str]:
        return [each.data for each in list(self.said.messages)]

    @property
    def state(self) -> DialogueState:
        return self.states.messages[-1]

    @property
    def _taken(self) -> int:
        return int(self._dialogue.health.values()["processed"])


class Pictures(Scene):
    """Pictures, for the real nodes before the dialogue; shown as {"picture": …} in place of a person."""

    def __init__(self, outsider: Any, *others: Any, message: Callable[..., Image]) -> None:
        super().__init__(outsider, *others)
        self._images = outsider.talk(Image, "image_raw")
        self._message = message

    def show(self, *people: dict[str, Any], seconds: float = 0.1) -> None:
        """Show a picture, or nobody, for so long."""
        picture = people[0]["picture"] if people else np.zeros((64, 64, 3), np.uint8)
        for _ in range(round(seconds * 1e9) // STEP):
            self.stamp += STEP
            taken = self._taken
            self._images.publish(self._message(picture, self.stamp))
            self._eventually(lambda taken=taken: self._taken > taken)


class RobotVoice:
    """A voice that tells when it speaks, as speech_synthesizer does, and takes no time for it."""

    def __init__(self, outsider: Any, *, silent: bool = False, endless: bool = False) -> None:
        self._speaking = outsider.create_publisher(Bool, "speaking", LATCHED)
        self._end = outsider.create_timer(0.02, self._fall_silent)
        self._end.cancel()
        self._silent, self._endless = silent, endless
        self.stops = 0
        outsider.create_subscription(String, "speech", self._say, 10)
        outsider.create_service(Trigger, "speech_synthesizer/stop", self._stop)

    def _say(self, message: String) -> None:
        if not self._silent:
            self._speaking.publish(Bool(data=True))
            if not self._endless:
                self._end.reset()

    def _fall_silent(self) -> None:
        self._end.cancel()
        self._speaking.publish(Bool(data=False))

    def _stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.stops += 1
        self._fall_silent()
        response.success = True
        return response


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Refusals are noted in a folder of the test's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def dialogue(start: Callable[..., Any]) -> Any:
    return start(node_class("dialogue"), lossless=True)


@pytest.fixture
def scene(dialogue: Any, outsider: Any, eventually: Callable[..., None]) -> Scene:
    return Scene(outsider, dialogue, eventually)


@pytest.fixture
def voice(outsider: Any, scene: Scene, eventually: Callable[..., None]) -> RobotVoice:
    made = RobotVoice(outsider)
    eventually(lambda: outsider.count_publishers("speaking") == 1)
    return made


def test_somebody_known_is_greeted_by_name_once(scene: Scene, voice: RobotVoice) -> None:
    assert (scene.state.state, scene.state.waiting_for, scene.state.scenario) == ("alone", "person", "greet_and_react")
    scene.show({"face_id": "face_7"}, seconds=1.0)
    assert scene.texts == [], "it is not decided yet who this is"

    scene.show_until(lambda: scene.state.state == "chat", {"face_id": "face_7"} | ANNA)

    (greeting,) = scene.texts
    assert "Anna" in greeting
    seen = scene.state
    assert (seen.face_id, seen.person_id, seen.name, seen.language) == ("face_7", "id of Anna", "Anna", "en")
    assert scene.expected.messages[-1].language == "en"
    assert "goodbye" in scene.expected.messages[-1].phrases

    scene.show(seconds=5.0)
    assert scene.state.state == "alone"
    scene.show({"face_id": "face_8"} | ANNA, seconds=5.0)
    assert scene.texts == [greeting]


class FaceIdentity:
    """Answers enrolments and forgettings, or not at once, or with a refusal."""

    def __init__(self, outsider: Any, *, refusal: str = "") -> None:
        self.asked: list[Any] = []
        self._refusal = refusal
        outsider.create_service(Enroll, "face_identity/enroll", self._enroll)
        outsider.create_service(Forget, "face_identity/forget", self._forget)

    def _enroll(self, request: Enroll.Request, response: Enroll.Response) -> Enroll.Response:
        self.asked.append(request)
        response.success, response.message, response.person_id = not self._refusal, self._refusal, "id of Ben"
        return response

    def _forget(self, request: Forget.Request, response: Forget.Response) -> Forget.Response:
        self.asked.append(request)
        response.success, response.message = not self._refusal, self._refusal
        return response


def agree(scene: Scene, person: dict[str, Any], *, name: str) -> None:
    """Answer as somebody does who wants to be remembered."""
    for answer, state in (("yes please", "ask_consent"), (f"my name is {name}", "ask_name"), ("yes", "confirm_name")):
        scene.show_until(lambda state=state: scene.waits_in(state), person)
        scene.hear(answer[:2], final=False)
        scene.hear(answer)


def test_a_stranger_is_remembered_after_yes_a_name_and_yes(scene: Scene, voice: RobotVoice, outsider: Any) -> None:
    identity = FaceIdentity(outsider)
    agree(scene, STRANGER, name="Ben")
    scene.show_until(lambda: any("Nice to meet you, Ben" in text for text in scene.texts), STRANGER)

    (request,) = identity.asked
    assert (request.face_id, request.name, request.language, request.consent) == ("face_1", "Ben", "en", True)
    assert "yes" in request.consent_note.lower()
    assert (scene.state.person_id, scene.state.name) == ("id of Ben", "Ben")
    expected = list(scene.expected.messages)
    assert any("Anna" in each.names for each in expected), "likely names, while one is asked for"
    assert any("yes" in each.phrases for each in expected)


def test_somebody_in_real_pictures_agrees_and_is_greeted_by_name_on_the_next_visit(
    start: Callable[..., Any],
    outsider: Any,
    image_message: Callable[..., Image],
    picture: Callable[[str], NDArray[np.uint8]],
    eventually: Callable[..., None],
    home: Path,
) -> None:
    people = home / "people" / "people.db"
    dialogue = start(node_class("dialogue"), lossless=True)
    start(node_class("face_identity"), people=str(people), lossless=True)
    for name in ("emotion_classifier", "face_detector"):
        start(node_class(name), lossless=True)
    scene = Pictures(outsider, dialogue, eventually, message=image_message)
    RobotVoice(outsider)
    eventually(lambda: outsider.count_publishers("speaking") == 1)
    person = {"picture": picture("happy_picture")}

    agree(scene, person, name="Olivia")
    scene.show_until(lambda: any("Nice to meet you, Olivia" in text for text in scene.texts), person)
    with PeopleStore(people, embedder="dlib_resnet", dimension=128) as store:
        (known,) = store.people()
    assert (known.id, known.name, known.language) == (scene.state.person_id, "Olivia", "en")
    assert "yes" in known.consent.note.lower()

    scene.show(seconds=5.0)
    scene.stamp += 31 * 60 * 1_000_000_000  # so that a greeting is due
    scene.show()
    before = len(scene.texts)
    scene.show_until(lambda: scene.state.state == "chat", person)
    assert "Olivia" in scene.texts[before]
    assert (scene.state.person_id, scene.state.name) == (known.id, "Olivia")


def test_nobody_is_asked_again_on_the_day_of_a_no_not_even_by_a_robot_that_was_started_again(
    scene: Scene, voice: RobotVoice, outsider: Any, home: Path
) -> None:
    identity = FaceIdentity(outsider)
    scene.show_until(lambda: scene.waits_in("ask_consent"), STRANGER)
    scene.hear("no thank you")
    scene.show_until(lambda: scene.state.state == "chat", STRANGER)
    assert identity.asked == []

    before = len(scene.texts)
    for service in ("stop", "start"):
        assert outsider.call(Trigger, f"dialogue/{service}", Trigger.Request()).success
    scene.show(seconds=30.0)
    scene.show({"face_id": "face_2"} | STRANGER, seconds=10.0)
    assert not any("May I remember" in text for text in scene.texts[before:])
    (kept,) = [path for path in home.rglob("*") if path.is_file() and "emotion" in str(path)]
    assert len(kept.read_text().split()) == 1, "the day, and nothing about anybody"


@pytest.mark.parametrize("runs", [True, False])
def test_an_enrolment_that_fails_is_told_and_the_conversation_goes_on(
    runs: bool, scene: Scene, voice: RobotVoice, outsider: Any
) -> None:
    if runs:
        FaceIdentity(outsider, refusal="the face is turned away")
    agree(scene, STRANGER, name="Ben")
    scene.show_until(lambda: any("could not remember" in text for text in scene.texts), STRANGER)
    scene.show_until(lambda: scene.state.state == "chat", STRANGER)
    assert scene.state.person_id == ""


def test_somebody_known_is_forgotten_when_they_ask_and_confirm(scene: Scene, voice: RobotVoice, outsider: Any) -> None:
    identity = FaceIdentity(outsider)
    scene.show_until(lambda: scene.state.state == "chat", ANNA)
    scene.hear("forget me")
    scene.show_until(lambda: scene.waits_in("confirm_forgetting"), ANNA)
    scene.hear("yes")
    scene.show_until(lambda: identity.asked, ANNA)
    assert identity.asked[0].person == "id of Anna"
    scene.show_until(lambda: any("I have forgotten" in text for text in scene.texts), STRANGER)


def test_stop_silences_the_voice_in_the_middle_of_a_phrase(
    scene: Scene, outsider: Any, eventually: Callable[..., None]
) -> None:
    voice = RobotVoice(outsider, endless=True)
    eventually(lambda: outsider.count_publishers("speaking") == 1)
    scene.show_until(lambda: scene.texts, ANNA)
    scene.show(ANNA, seconds=1.0)
    scene.hear("stop")
    scene.show_until(lambda: scene.state.state == "resting", ANNA)
    eventually(lambda: voice.stops == 1)
    assert len(scene.texts) == 1


def test_of_a_voice_that_does_not_tell_when_it_speaks_the_time_is_guessed(scene: Scene) -> None:
    """As naoqi_driver2's: it subscribes to speech, and that is all."""
    scene.show_until(lambda: scene.texts, STRANGER)
    said_at = scene.stamp
    scene.show_until(lambda: len(scene.texts) == 2, STRANGER)  # it asks again who does not answer for some seconds
    passed, guessed = 1e-9 * (scene.stamp - said_at), speaking_time(scene.texts[0])
    assert guessed < passed < guessed + 10.0


def test_a_voice_that_never_begins_is_named_and_not_waited_for_for_ever(
    scene: Scene, outsider: Any, diagnoses: Any, eventually: Callable[..., None]
) -> None:
    RobotVoice(outsider, silent=True)
    eventually(lambda: outsider.count_publishers("speaking") == 1)
    scene.show_until(lambda: scene.texts, ANNA)
    scene.show(ANNA, seconds=9.0)
    assert scene.state.state == "chat"
    diagnoses.wait_for("dialogue", "the voice did not begin to speak")


def test_who_is_not_seen_any_more_because_the_camera_fell_silent_has_left(
    scene: Scene, voice: RobotVoice, eventually: Callable[..., None]
) -> None:
    scene.show_until(lambda: scene.state.state == "chat", ANNA)
    eventually(lambda: scene.state.state == "alone")  # without any further image


def test_the_same_images_and_words_give_the_same_conversation_however_fast_they_come(
    start: Callable[..., Any], graph: Any, outsider: Any, eventually: Callable[..., None]
) -> None:
    def conversation(node: str, *, tick: float) -> list[tuple[Any, ...]]:
        dialogue = start(node_class("dialogue"), lossless=True, cli_args=["--ros-args", "-r", f"__ns:=/{node}"])
        scene = Scene(outsider, dialogue, eventually, namespace=f"{node}/", pause=tick)
        for seconds, label in ((3.0, "sad"), (6.0, "happy"), (10.0, "neutral"), (4.0, "happy")):
            scene.show(ANNA | {"label": label}, seconds=seconds)
        scene.show(seconds=5.0)
        told = [(each.header.stamp.sec, each.header.stamp.nanosec, each.state) for each in scene.states.messages[1:]]
        return [*told, *scene.texts]

    first = conversation("first", tick=0.0)
    assert "What a nice smile!" in first
    assert conversation("second", tick=0.01) == first


@pytest.mark.parametrize(
    ("parameter", "value", "sentence"),
    [("scenario", "greet_and_raect", "greet_and_raect"), ("language", "tlh", 'has no texts in "tlh"')],
)
def test_a_scenario_that_cannot_be_used_fails_configure_in_a_sentence(
    parameter: str, value: str, sentence: str, start: Callable[..., Any]
) -> None:
    node = start(node_class("dialogue"), active=False, autostart=False, **{parameter: value})
    node.trigger_configure()
    assert node.failure.startswith("dialogue: ")
    assert sentence in node.failure
    assert "Traceback" not in node.failure


def test_what_is_missing_is_named(dialogue: Any, diagnoses: Any) -> None:
    for topic in ("faces", "identities", "heard"):
        status = diagnoses.wait_for("dialogue", f"nobody publishes /{topic}")
        assert status.level == b"\1"


def test_it_can_be_stopped_and_started(scene: Scene, voice: RobotVoice, outsider: Any) -> None:
    def call(service: str) -> Trigger.Response:
        return outsider.call(Trigger, f"dialogue/{service}", Trigger.Request())

    assert not call("start").success, "it talks already"
    assert call("stop").success
    scene.states.wait(lambda states: states[-1].state == "")
    refused = call("stop")
    assert (refused.success, refused.message) == (False, "nothing is being said or waited for")
    scene.show(ANNA, seconds=2.0)
    assert scene.texts == []
    assert call("start").success
    scene.show_until(lambda: scene.texts, ANNA)


def test_an_inactive_one_does_not_start(start: Callable[..., Any], outsider: Any) -> None:
    start(node_class("dialogue"), active=False, autostart=False)
    answer = outsider.call(Trigger, "dialogue/start", Trigger.Request())
    assert (answer.success, answer.message) == (False, "dialogue is not active: activate it first")
