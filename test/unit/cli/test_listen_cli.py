"""`listen`, on a sound file in place of a microphone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emotion_perception.speech.voices.base import Sound
from emotion_perception.speech.voices.espeak import EspeakVoice

LISTEN = [sys.executable, "-m", "emotion_perception.cli.main", "listen"]
PHRASES = ["--phrase", "who am I", "--phrase", "goodbye"]


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """Somebody who says "who am I" three times, and is silent between."""
    parts = list(EspeakVoice().synthesize("who am I", "en"))
    rate = parts[0].rate
    once = np.concatenate([Sound.silence(0.5, rate).samples, *(each.samples for each in parts)])
    soundfile.write(tmp_path / "said.wav", np.tile(np.concatenate([once, Sound.silence(1.0, rate).samples]), 3), rate)
    return tmp_path / "said.wav"


def test_what_a_file_says_is_shown_and_its_end_ends_it(said: Path) -> None:
    done = subprocess.run(
        [*LISTEN, "--device", f"file:{said}", *PHRASES], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("who am i  (") and line.endswith(", en)") for line in lines)


def test_a_file_that_is_not_there_is_said() -> None:
    done = subprocess.run(
        [*LISTEN, "--device", "file:/nowhere.wav"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "there is no sound file /nowhere.wav: check the path after file:\n"


def test_it_ends_when_nobody_reads_on(said: Path) -> None:
    process = subprocess.Popen(
        [*LISTEN, "--device", f"file:{said}", *PHRASES], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("who am i")
    process.stdout.close()
    try:
        assert process.wait(60) == 1
    finally:
        process.kill()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == ""
