from __future__ import annotations

from pathlib import Path

import gtts.tts
import numpy as np
import pytest
import soundfile

from emotion_perception.cli.main import main


def test_writes_what_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "said.wav"

    assert main(["say", "--tts", "espeak", "--language", "el", "--out", str(path), "Γεια", "σου"]) == 0

    samples, rate = soundfile.read(path, dtype="int16")
    assert len(samples) / rate > 0.3 and np.abs(samples).max() > 8000
    assert f"wrote {path}" in capsys.readouterr().out


def test_without_a_network_espeak_speaks_and_both_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(gtts.tts, "_translate_url", lambda tld="com", path="": "http://127.0.0.1:9/" + path)

    assert main(["say", "--device", f"file:{tmp_path / 'said.wav'}", "Hello"]) == 0

    told = capsys.readouterr().err
    assert "sends every text" in told and "espeak speaks" in told
    assert soundfile.info(tmp_path / "said.wav").duration > 0.3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["😀"], "nothing to say"),
        (["--language", "xx", "hello"], "no voice for the language"),
        (["--tts", "piper", "--voice", "/no/such.onnx", "hello"], "piper"),
    ],
)
def test_what_cannot_be_said_is_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["say", "--tts", "espeak", "--out", str(tmp_path / "said.wav"), *arguments]) == 1

    assert sentence in capsys.readouterr().err
