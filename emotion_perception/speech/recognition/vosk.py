"""vosk: Kaldi's recogniser, in every language that there is a model for; it says what it hears while it hears it."""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import RecognitionError
from emotion_perception.speech.audio.input import RATE
from emotion_perception.speech.recognition.base import Guess, base_language

_MODELS = "https://alphacephei.com/vosk/models"
#: vosk's tags where they are not the language's own.
_TAGS = {"en": "en-us", "uk": "ua", "zh": "cn"}


class VoskRecognizer:
    """Understands one language, freely: what is expected makes it no more likely, as most models cannot be told.

    model: folder of a model, unpacked; without one, the model of ``language`` that vosk has fetched before is taken,
    or fetched now if ``download``. Raises RecognitionError when there is none.
    """

    def __init__(self, model: Path | None, *, language: str, download: bool) -> None:
        try:
            import vosk
        except ImportError as error:
            raise RecognitionError(
                f"vosk is not installed ({error}): run make setup-extras, or pip install vosk"
            ) from error
        vosk.SetLogLevel(-1)
        self._language = language
        path = model or _fetched(vosk, language) or (_fetch(vosk, language) if download else None)
        if path is None:
            raise RecognitionError(
                f'vosk has no model for "{language}" here: unpack one of {_MODELS} and set model to its folder, '
                "or set download to true"
            )
        self.description = f"vosk ({path.name})"
        try:
            self._recognizer: Any = vosk.KaldiRecognizer(vosk.Model(str(path)), RATE)
        except Exception as error:  # vosk's own is a bare Exception
            raise RecognitionError(f"{path} is no model of vosk: give the folder that holds its am and conf") from error
        self._recognizer.SetWords(True)
        self._partial = ""

    def expect(self, language: str, phrases: Sequence[str], names: Sequence[str]) -> None:
        """Check the language."""
        if base_language(language) != base_language(self._language):
            raise RecognitionError(
                f'the model of vosk understands "{self._language}" and the language is "{language}" now: '
                "set model and language to another, or choose the engine whisper with a model of many languages"
            )

    def start(self) -> None:
        """Begin an utterance."""
        self._recognizer.Reset()
        self._said: list[dict[str, Any]] = []
        self._partial = ""

    def feed(self, samples: NDArray[np.int16]) -> str | None:
        """Take sound; returns the words so far when they changed."""
        if self._recognizer.AcceptWaveform(samples.tobytes()):  # a pause within: what comes next is added
            self._said.append(json.loads(self._recognizer.Result()))
        now = json.loads(self._recognizer.PartialResult()).get("partial", "")
        text = " ".join(filter(None, [*(part.get("text", "") for part in self._said), now]))
        if not text or text == self._partial:
            return None
        self._partial = text
        return text

    def finish(self) -> Guess | None:
        """End the utterance; its confidence is the words' mean."""
        parts = [*self._said, json.loads(self._recognizer.FinalResult())]
        text = " ".join(filter(None, (part.get("text", "") for part in parts)))
        sure = [word["conf"] for part in parts for word in part.get("result", [])]
        if not text:
            return None
        return Guess(text, float(np.mean(sure)) if sure else math.nan, self._language)


def _fetched(vosk: Any, language: str) -> Path | None:
    """Return the model of the language that vosk would find by itself."""
    tag = _tag(language)
    for folder in filter(None, vosk.MODEL_DIRS):
        found = sorted(Path(folder).glob(f"vosk-model*-{tag}-*"))
        folders = [path for path in found if path.is_dir()]
        if folders:
            return folders[-1]
    return None


def _fetch(vosk: Any, language: str) -> Path:
    class Fetcher(vosk.Model):
        """What fetches and does not load; a model that was never loaded fails loudly when it is thrown away."""

        def __init__(self) -> None:
            pass

        def __del__(self) -> None:
            pass

    try:
        # It prints a bar, and what it does not know it answers by ending the process.
        nothing = io.StringIO()
        with contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
            return Path(Fetcher().get_model_path(None, _tag(language)))
    except SystemExit as error:
        raise RecognitionError(f'there is no small model of vosk for "{language}": see {_MODELS}') from error
    except Exception as error:
        raise RecognitionError(
            f'a model of vosk for "{language}" cannot be fetched ({type(error).__name__}): see that this computer is '
            f"online, or unpack one of {_MODELS} and set model to its folder"
        ) from error


def _tag(language: str) -> str:
    base = base_language(language)
    return _TAGS.get(base, base)
