"""whisper, by faster-whisper: free speech, in many languages with most models, and only when it is over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import RecognitionError
from emotion_perception.speech.recognition.base import Guess, base_language

_THREADS = 1  # two busy threads on two busy cores are slower than one
_NO_SPEECH = 0.6  # whisper's own limits: what is less likely speech than this, and is said with less than that mean log
_UNSURE = -1.0  # probability, was none
_HOTWORDS = 40  # names at most: whisper looks back 224 tokens


class WhisperRecognizer:
    """Understands what its model does; names where one may be spoken are given to it as hotwords.

    model: folder of a converted model (CTranslate2: model.bin, config.json). Nothing is ever fetched. Raises
    RecognitionError when it cannot be loaded.
    """

    def __init__(self, model: Path | None) -> None:
        if model is None:
            raise RecognitionError(
                "whisper needs a model: set model to a folder with a converted one (model.bin, config.json, …)"
            )
        try:
            import faster_whisper
        except ImportError as error:
            raise RecognitionError(
                f"faster-whisper is not installed ({error}): run make setup-extras, or pip install faster-whisper"
            ) from error
        if not (model / "model.bin").is_file():
            raise RecognitionError(
                f"{model} is no model of faster-whisper, as it has no model.bin: give the folder of a converted one"
            )
        try:
            self._model: Any = faster_whisper.WhisperModel(
                str(model), device="cpu", compute_type="int8", cpu_threads=_THREADS, local_files_only=True
            )
        except Exception as error:  # whatever the C++ below throws
            raise RecognitionError(f"{model} cannot be loaded ({error}): unpack it again") from error
        self.description = f"whisper ({model.name})"
        self._language = "en"
        self._hotwords = ""
        self._heard: list[NDArray[np.int16]] = []

    def expect(self, language: str, phrases: Sequence[str], names: Sequence[str]) -> None:
        """Take the language, and the names."""
        base = base_language(language)
        if base not in self._model.supported_languages:
            raise RecognitionError(
                f'the {self.description} does not understand "{language}": set model to one of many languages'
            )
        self._language = language
        self._hotwords = ", ".join(names[:_HOTWORDS])

    def start(self) -> None:
        """Begin an utterance."""
        self._heard.clear()

    def feed(self, samples: NDArray[np.int16]) -> None:
        """Keep the sound: nothing is known before the end."""
        self._heard.append(samples)

    def finish(self) -> Guess | None:
        """Hear it all; the confidence is the tokens' mean probability."""
        sound = np.concatenate(self._heard).astype(np.float32) / 32768
        self._heard.clear()
        segments, _ = self._model.transcribe(
            sound,
            language=base_language(self._language),
            hotwords=self._hotwords or None,
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        said = [part for part in segments if part.no_speech_prob < _NO_SPEECH or part.avg_logprob > _UNSURE]
        text = " ".join(part.text.strip() for part in said).strip()
        if not text:
            return None
        confidence = math.exp(float(np.mean([part.avg_logprob for part in said])))
        return Guess(text, min(1.0, confidence), self._language)
