"""speech_recognizer: a microphone -> heard; deaf while the robot speaks."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from std_msgs.msg import Bool

from emotion_perception.msg import Expectation, Utterance
from emotion_perception.ros.health import Level
from emotion_perception.ros.messages import header_at
from emotion_perception.ros.node import PerceptionNode
from emotion_perception.ros.parameters import Applies, NodeParameters, parameter
from emotion_perception.ros.process import run_node
from emotion_perception.ros.qos import LATCHED, RELIABLE
from emotion_perception.speech.ears.events import EarsOptions, Expected, Heard, Report, Trouble
from emotion_perception.speech.ears.listener import Listener
from emotion_perception.speech.recognition.factory import DEFAULT_ENGINE, ENGINES

_WATCH = 1.0  # seconds between two looks at whether the voice that spoke last is still there


@dataclass(frozen=True)
class SpeechRecognizerParameters(NodeParameters):
    """What can be set of hearing."""

    engine: str = parameter(DEFAULT_ENGINE, "The recogniser; vosk and whisper need a model.", choices=ENGINES)
    model: str = parameter("", "Folder of the model of vosk or whisper; empty: vosk looks for one of the language.")
    language: str = parameter("en", "What is spoken until the dialogue says otherwise, e.g. en, el, uk, hu, zh.")
    download: bool = parameter(False, "Let vosk fetch a model of the language when none is here (about 40 MB).")
    device: str = parameter("", "Microphone, by its name or a part of it, or file:speech.wav; empty: the system's.")
    frame_id: str = parameter("microphone", "Frame of what is heard (header.frame_id).")
    vad_strictness: int = parameter(2, "How sure voice activity has to be; raise it in noise.", low=0, high=3)
    end_silence: float = parameter(0.6, "Seconds of silence that end an utterance.", low=0.2, high=5.0)
    max_utterance: float = parameter(12.0, "Seconds after which an utterance is ended.", low=1.0, high=60.0)
    echo_tail: float = parameter(
        0.3, "Seconds for which it stays deaf when the robot has spoken.", low=0.0, high=5.0, applies=Applies.LIVE
    )


class SpeechRecognizerNode(PerceptionNode[SpeechRecognizerParameters]):
    """Publishes what people say; a microphone that is absent or unplugged is awaited, and told about once."""

    PARAMETERS = SpeechRecognizerParameters

    def __init__(self, **options: object) -> None:
        super().__init__("speech_recognizer", **options)
        self._listener: Listener | None = None
        self._robot_speaks = False
        self._guard = self.create_timer(_WATCH, self._see_who_speaks, clock=self._steady)
        self._guard.cancel()

    def configure(self) -> None:
        """Open the output."""
        self._heard = self.output(Utterance, "heard", RELIABLE)

    def activate(self) -> None:
        """Start to listen, in a process of its own."""
        asked = self.parameters
        self._robot_speaks = False
        self._listener = Listener(
            EarsOptions(
                device=asked.device,
                engine=asked.engine,
                model=asked.model,
                language=asked.language,
                download=asked.download,
                strictness=asked.vad_strictness,
                pause=asked.end_silence,
                longest=asked.max_utterance,
            ),
            heard=self._publish,
            trouble=self._note_trouble,
            report=self._note_report,
        )
        self._speaking = self.input(Bool, "speaking", self._note_speaking, LATCHED, watched=False)
        self.input(Expectation, "dialogue/expectation", self._expect, LATCHED, watched=False)
        self._guard.reset()

    def deactivate(self) -> None:
        """Stop listening and let go of the microphone."""
        self._guard.cancel()
        if self._listener:
            self._listener.stop()
            self._listener = None

    def _expect(self, message: Expectation) -> None:
        if self._listener:
            self._listener.expect(Expected(message.language, tuple(message.phrases), tuple(message.names)))

    def _note_speaking(self, message: Bool) -> None:
        if not self._listener or message.data == self._robot_speaks:
            return
        self._robot_speaks = message.data
        self._listener.deafen(math.inf if message.data else time.monotonic() + self.parameters.echo_tail)
        self.detail("deaf", "true" if message.data else "false")

    def _see_who_speaks(self) -> None:
        """Hear again when the voice went away in the middle of a word and cannot say that it has ended."""
        if self._robot_speaks and not self._speaking.publishers:
            self._note_speaking(Bool(data=False))

    def _publish(self, heard: Heard) -> None:
        now = time.monotonic()
        age = max(0, round((now - heard.began) * 1e9))
        stamp = max(0, int(self.get_clock().now().nanoseconds) - age)
        self._heard.publish(
            Utterance(
                header=header_at(stamp, self.parameters.frame_id),
                text=heard.text,
                confidence=float(heard.confidence),
                language=heard.language,
                final=heard.final,
            )
        )
        if heard.final:
            self.health.processed(now - heard.ended)

    def _note_trouble(self, trouble: Trouble) -> None:
        if not trouble.sentence:
            self.health.clear(trouble.kind)
        else:
            level = Level.WARN if trouble.kind in ("sound", "language") else Level.ERROR
            self.health.problem(trouble.kind, trouble.sentence, level=level)

    def _note_report(self, report: Report) -> None:
        for key, value in report.values.items():
            self.detail(key, value)


def main() -> int:
    """Run the node."""
    return run_node(SpeechRecognizerNode)
