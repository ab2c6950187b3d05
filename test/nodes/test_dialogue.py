"""Conversations through the real graph: the real engine and scenario; who is seen and heard comes from the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from emotion_perception.srv import Enroll
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger

from emotion_perception.nodes import node_class
from emotion_perception.ros.messages import header_at

LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
BEGIN = 1_800_000_000_000_000_000
STEP = 100_000_000  # ns between images
ANNA = {"person_id": "id of Anna", "name": "Anna", "decided": True}


class Scene:
    """What the nodes before the dialogue would say of ten images a second, each once the one before was taken."""

    def __init__(self, outsider: Any, dialogue: Any, eventually: Callable[..., None]) -> None:
        self._faces = outsider.talk(FaceArray, "faces")
        self._identities = outsider.talk(IdentityArray, "identities")
        self._emotions = outsider.talk(EmotionArray, "emotion")
        self.heard = outsider.talk(Utterance, "heard")
        self.said = outsider.listen(String, "speech")
        self.states = outsider.listen(DialogueState, "dialogue/state", LATCHED)
        self.expected = outsider.listen(Expectation, "dialogue/expectation", LATCHED)
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

    def show_until(self, condition: Callable[[], Any], *people: dict[str, Any], seconds: float = 60.0) -> None:
        """Show these people until the condition holds, for so many seconds of the stamps at most."""
        end = self.stamp + round(seconds * 1e9)
        while not condition():
            assert self.stamp < end, ([each.data for each in self.said.messages], self.state)
            self.show(*people)

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


class RobotVoice:
    """A voice that tells when it speaks, as speech_synthesizer does, and takes no time for it."""

    def __init__(self, outsider: Any, *, silent: bool = False) -> None:
        self._speaking = outsider.create_publisher(Bool, "speaking", LATCHED)
        self._end = outsider.create_timer(0.02, self._fall_silent)
        self._end.cancel()
        self._silent = silent
        self.stops = 0
        outsider.create_subscription(String, "speech", self._say, 10)
        outsider.create_service(Trigger, "speech_synthesizer/stop", self._stop)

    def _say(self, message: String) -> None:
        if not self._silent:
            self._speaking.publish(Bool(data=True))
            self._end.reset()

    def _fall_silent(self) -> None:
        self._end.cancel()
        self._speaking.publish(Bool(data=False))

    def _stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.stops += 1
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


STRANGER = {"decided": True}


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


def test_a_stranger_is_asked_and_remembered_only_after_yes_name_and_yes(
    scene: Scene, voice: RobotVoice, outsider: Any
) -> None:
    asked: list[Enroll.Request] = []

    def enroll(request: Enroll.Request, response: Enroll.Response) -> Enroll.Response:
        asked.append(request)
        response.success, response.person_id = True, "id of Ben"
        return response

    outsider.create_service(Enroll, "face_identity/enroll", enroll)
    for answer, state in (("yes please", "ask_consent"), ("my name is Ben", "ask_name"), ("yes", "confirm_name")):
        scene.show_until(lambda state=state: (scene.state.state, scene.state.waiting_for) != (state, "speech")
                         and scene.state.state == state, STRANGER)  # fmt: skip
        assert asked == []
        scene.hear(answer[:2], final=False)
        scene.hear(answer)
    scene.show_until(lambda: any("Nice to meet you, Ben" in text for text in scene.texts), STRANGER)

    (request,) = asked
    assert (request.face_id, request.name, request.language, request.consent) == ("face_1", "Ben", "en", True)
    assert "yes" in request.consent_note.lower()
    assert scene.state.person_id == "id of Ben"
    names = [each.names for each in scene.expected.messages]
    assert any("Anna" in each for each in names), "likely names are expected while one is asked for"
