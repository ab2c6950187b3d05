"""dialogue: faces, identities, emotion and heard -> speech; a conversation by the rules of a scenario."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.scenario.actions import Action, Enroll, Expect, Forget, Hush, Report, Say
from emotion_perception.core.scenario.engine import Engine
from emotion_perception.core.scenario.events import Heard, Outcome, Person, Spoken
from emotion_perception.core.scenario.loading import load_scenario
from emotion_perception.core.scenario.memory import Memory, RefusalLog, RefusalsInFile, RefusalsInMemory
from emotion_perception.msg import DialogueState, EmotionArray, Expectation, FaceArray, IdentityArray, Utterance
from emotion_perception.nodes.dialogue_people import PeopleInView
from emotion_perception.nodes.dialogue_requests import PeopleRequests
from emotion_perception.nodes.dialogue_voice import Voice
from emotion_perception.ros.messages import header_at
from emotion_perception.ros.node import PerceptionNode
from emotion_perception.ros.parameters import NodeParameters, parameter
from emotion_perception.ros.process import run_node
from emotion_perception.ros.qos import LATCHED, NEWEST, RELIABLE
from emotion_perception.ros.stamp_clock import StampClock

_TICK = 0.1  # seconds
_NOBODY = 2.0  # seconds without any faces message, not even an empty one, after which nobody counts as seen
_AT_ONCE = 100  # deadlines that may come due at one moment, so that a scenario cannot hold up the process

Step = Callable[[float], Sequence[Action] | None]


@dataclass(frozen=True)
class DialogueParameters(NodeParameters):
    """What can be set of conversations."""

    scenario: str = parameter("greet_and_react", "A scenario of config/scenarios/, or the path of one of your own.")
    language: str = parameter("en", "What conversations begin in: a language that the scenario has texts in.")
    lossless: bool = parameter(False, "Take every message, for replays with flow control at the source.")


class DialogueNode(PerceptionNode[DialogueParameters]):
    """Talks with people: tells an engine what is seen and heard, and does what it asks for.

    Everything happens in the executor's thread and takes a millisecond or so. Time goes by the stamps of faces.
    """

    PARAMETERS = DialogueParameters

    def __init__(self, **options: object) -> None:
        super().__init__("dialogue", **options)
        self._running = False
        self._stepping = False
        self._timer = self.create_timer(_TICK, self._keep_time, clock=self._steady)
        self._timer.cancel()
        self._requests = PeopleRequests(self, self._outcome)
        self._stop_voice = self.create_client(Trigger, "speech_synthesizer/stop")
        self.create_service(Trigger, "~/start", self._start)
        self.create_service(Trigger, "~/stop", self._stop_talking)

    def configure(self) -> None:
        """Load the scenario, and open the outputs."""
        self._scenario = load_scenario(self.parameters.scenario)
        memory = Memory(self._refusals(), trouble=lambda sentence: self.health.moment("memory", sentence))
        self._engine = Engine(self._scenario, language=self.parameters.language, memory=memory)
        self._expectation = self.output(Expectation, "dialogue/expectation", LATCHED)
        self._speech = self.output(String, "speech", RELIABLE)
        self._state = self.output(DialogueState, "dialogue/state", LATCHED)
        self.detail("scenario", self._scenario.name)

    @property
    def speaking(self) -> bool:
        """Whether the robot says something, or is about to."""
        return not self._voice.silent

    def activate(self) -> None:
        """Begin the first conversation, and listen."""
        self._stamps = StampClock(1e-9 * self.get_clock().now().nanoseconds, self._beside())
        self._now = self._stamps.now(self._beside())
        self._outcomes: deque[Outcome] = deque()
        self._people = PeopleInView()
        self._seen = time.monotonic()
        self._expected: tuple[str, tuple[str, ...], tuple[str, ...]] = ("", (), ())
        self._voice = Voice(
            send=self._send,
            stop=self._silence_voice,
            tells=lambda: self._speaking.publishers > 0,
            spoken=lambda failed: self._outcome(Spoken(interrupted=failed)),
            trouble=lambda sentence: self.health.moment("voice", sentence),
        )
        newest = RELIABLE if self.parameters.lossless else NEWEST
        self._speaking = self.input(Bool, "speaking", self._take_speaking, LATCHED, watched=False)
        self.input(Utterance, "heard", self._take_utterance, RELIABLE, seldom=True)
        self.input(EmotionArray, "emotion", self._take_view, RELIABLE)
        self._identities = self.input(IdentityArray, "identities", self._take_view, RELIABLE)
        self.input(FaceArray, "faces", self._take_view, newest)
        self._begin()
        self._timer.reset()

    def deactivate(self) -> None:
        """Fall silent."""
        self._timer.cancel()
        self._end()

    def _begin(self) -> None:
        self._running = True
        self._step(self._engine.start)

    def _end(self) -> None:
        if self._running:
            self._step(self._engine.stop)
            self._running = False
            self._requests.drop()

    # What happens

    def _take_view(self, message: Any) -> None:
        self._see(self._people.take(message, time.monotonic()))

    def _see(self, images: list[tuple[int, list[Person]]]) -> None:
        for stamp, people in images:
            begin = time.monotonic()
            self._seen = begin
            now = self._stamps.at(stamp, self._beside())
            self._step(partial(self._engine.see, people), now)
            self.health.processed(time.monotonic() - begin)

    def _take_utterance(self, message: Utterance) -> None:
        if message.final:
            heard = Heard(message.text, message.confidence, message.language)
            self._step(partial(self._engine.hear, heard))

    def _take_speaking(self, message: Bool) -> None:
        self._step(partial(self._voice.speaking, message.data))

    def _keep_time(self) -> None:
        self._people.identifies = self._identities.publishers > 0
        self._see(self._people.expire(time.monotonic()))
        if time.monotonic() - self._seen > _NOBODY:
            self._step(partial(self._engine.see, ()))
        else:
            self._step(_nothing)

    def _outcome(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        if not self._stepping:
            self._step(_nothing)

    # What is done about it

    def _step(self, step: Step, now: float | None = None) -> None:
        """Let time pass up to now, then take one step and all that follows from it at once."""
        if not self._running:
            return
        now = max(self._now, self._stamps.now(self._beside()) if now is None else now)
        self._stepping = True
        try:
            self._pass_time(now)
            self._now = now
            self._carry_out(step(now) or ())
        except Exception as error:
            sentence = str(error) if isinstance(error, PerceptionError) else f"{type(error).__name__}: {error}"
            self.health.moment("conversation", f"something was left out of the conversation: {sentence}")
        finally:
            self._stepping = False

    def _pass_time(self, until: float) -> None:
        """Do what is due by then at the moment that it is due, so that it does not matter when one looks."""
        for _ in range(_AT_ONCE):
            due = min(self._engine.next_deadline() or math.inf, self._voice.deadline, self._requests.deadline)
            if due > until:
                return
            self._now = max(self._now, due)
            self._voice.tick(self._now)
            self._requests.tick(self._now)
            self._carry_out(self._engine.tick(self._now))

    def _carry_out(self, actions: Sequence[Action]) -> None:
        for action in actions:
            self._do(action)
        while self._outcomes:
            outcome = self._outcomes.popleft()
            for action in self._engine.done(outcome, self._now):
                self._do(action)

    def _do(self, action: Action) -> None:
        if isinstance(action, Say):
            self._voice.say(action.text, action.language, self._now)
        elif isinstance(action, Hush):
            self._voice.hush(self._now)
        elif isinstance(action, Expect):
            self._expect(action.language, action.phrases, action.names)
        elif isinstance(action, Enroll):
            self._requests.enroll(action, self._now)
        elif isinstance(action, Forget):
            self._requests.forget(action, self._now)
        else:
            self._report(action)

    def _expect(self, language: str, phrases: tuple[str, ...], names: tuple[str, ...]) -> None:
        self._expected = language, phrases, names
        self._expectation.publish(Expectation(language=language, phrases=list(phrases), names=list(names)))

    def _report(self, report: Report) -> None:
        self.detail("conversation", report.state)
        self._state.publish(
            DialogueState(
                header=header_at(self._stamps.stamp, ""),
                scenario=self._scenario.name,
                state=report.state,
                face_id=report.face_id,
                person_id=report.person_id,
                name=report.name,
                language=report.language,
                waiting_for=report.waiting_for,
            )
        )

    def _send(self, text: str, language: str) -> None:
        if language != self._expected[0]:  # the voice speaks what is expected
            self._expect(language, *self._expected[1:])
        if not self._speech.subscribers:
            self.health.moment("speech", f"nobody says what is on {self._speech.topic}: start speech_synthesizer")
        self._speech.publish(String(data=text))

    def _silence_voice(self) -> bool:
        if not self._stop_voice.service_is_ready():
            return False

        self._stop_voice.call_async(Trigger.Request()).add_done_callback(lambda _: self._note_hushed())
        return True

    def _note_hushed(self) -> None:
        if self._running:
            self._step(self._voice.hushed)
        else:
            self._voice.hushed(self._now)

    # Time and services

    def _beside(self) -> float:
        """Seconds of the clock that time goes by when nothing is seen: a replay's, or the steady one."""
        clock = self.get_clock()
        return 1e-9 * (clock if clock.ros_time_is_active else self._steady).now().nanoseconds

    def _refusals(self) -> RefusalLog:
        """Who refuses in a replay or a simulation does so on another day than today's, which the file keeps."""
        return RefusalsInMemory() if self.get_clock().ros_time_is_active else RefusalsInFile()

    def _start(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if not self.active:
            response.message = "dialogue is not active: activate it first"
        elif self._running:
            response.message = "a conversation is possible already: stop it first to begin anew"
        else:
            self._begin()
            response.success = True
        return response

    def _stop_talking(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = self._running
        if not self._running:
            response.message = "nothing is being said or waited for"
        self._end()
        return response


def _nothing(now: float) -> None:
    """The step of a moment at which nothing happens but time."""


def main() -> int:
    """Run the node."""
    return run_node(DialogueNode)
