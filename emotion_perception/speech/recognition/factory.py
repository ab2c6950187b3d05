"""Which recogniser an engine's name stands for."""

from __future__ import annotations

from pathlib import Path

from emotion_perception.core.errors import RecognitionError
from emotion_perception.speech.recognition.base import Recognizer

ENGINES = ("pocketsphinx", "vosk", "whisper")
DEFAULT_ENGINE = "pocketsphinx"


def create_recognizer(engine: str, *, model: str = "", language: str = "en", download: bool = False) -> Recognizer:
    """Load a recogniser, which takes up to some seconds.

    model: folder of the model of vosk or whisper; pocketsphinx has its own. language: BCP 47 tag; vosk looks for a
    model of it where none is given, and fetches one if ``download``. Raises RecognitionError when it cannot be loaded.
    """
    if engine == "pocketsphinx":
        from emotion_perception.speech.recognition.pocketsphinx import PocketsphinxRecognizer

        if model:
            raise RecognitionError(
                f'the engine pocketsphinx brings its own model: leave the model empty, which is "{model}", '
                "or choose the engine vosk or whisper"
            )
        return PocketsphinxRecognizer()
    path = Path(model).expanduser() if model else None
    if path and not path.is_dir():
        raise RecognitionError(f"there is no folder {path}: give the folder of a model of {engine}, unpacked")
    if engine == "vosk":
        from emotion_perception.speech.recognition.vosk import VoskRecognizer

        return VoskRecognizer(path, language=language, download=download)
    if engine == "whisper":
        from emotion_perception.speech.recognition.whisper import WhisperRecognizer

        return WhisperRecognizer(path)
    raise RecognitionError(f'there is no engine "{engine}": choose {", ".join(ENGINES)}')
