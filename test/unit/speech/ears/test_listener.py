"""The process that hears, on sound files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from emotion_perception.speech.audio.input import RATE
from emotion_perception.speech.audio.resample import resample
from emotion_perception.speech.ears.events import EarsOptions, Expected, Heard, Report, Trouble
from emotion_perception.speech.ears.listener import Listener

TIMEOUT = 30.0


class Told:
    """What a listener tells; `wait` blocks until something is among it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.events: list[Any] = []

    def __call__(self, event: Any) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait(self, wanted: Callable[[Any], bool]) -> Any:
        with self._changed:
            assert self._changed.wait_for(lambda: any(map(wanted, self.events)), TIMEOUT), self.events
            return next(event for event in self.events if wanted(event))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def listen(told):
    made: list[Listener] = []

    def start(**options: Any) -> Listener:
        made.append(Listener(EarsOptions(**options), heard=told, trouble=told, report=told))
        return made[-1]

    yield start
    for each in made:
        each.stop()


def final(event: Any) -> bool:
    return isinstance(event, Heard) and event.final


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (48000, 4)])
def test_a_file_of_any_rate_and_channels_is_a_microphone(
    listen, told, speech, tmp_path: Path, rate: int, channels: int
) -> None:
    sound = resample(speech("who am i", after=1.0), RATE, rate)
    soundfile.write(tmp_path / "said.wav", np.stack([sound] * channels, axis=1), rate)
    begin = time.monotonic()
    listener = listen(device=f"file:{tmp_path / 'said.wav'}")
    listener.expect(Expected("en", ("yes", "who am i"), ()))
    heard = told.wait(final)
    assert heard.text == "who am i"
    assert begin < heard.began < heard.ended < time.monotonic()
    assert told.wait(lambda event: isinstance(event, Report) and event.ended).values["understood"] == "1"


def test_a_killed_process_is_told_about_and_hears_again(listen, told, speech, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "said.wav", speech("who am i", after=1.0), RATE)
    listener = listen(device=f"file:{tmp_path / 'said.wav'}")
    listener.expect(Expected("en", ("who am i",), ()))
    told.wait(lambda event: isinstance(event, Report))
    os.kill(listener._process.pid, signal.SIGKILL)
    told.wait(lambda event: isinstance(event, Trouble) and "ended (exit code -9)" in event.sentence)
    assert told.wait(final).text == "who am i"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"device": "file:/nowhere.wav"}, "there is no sound file /nowhere.wav: check the path after file:"),
        ({"engine": "whisper"}, "whisper needs a model: set model to a folder"),
        ({"engine": "vosk", "model": "/nowhere"}, "there is no folder /nowhere: give the folder of a model of vosk"),
        ({"model": "/some"}, "the engine pocketsphinx brings its own model"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(listen, told, options: dict[str, str], sentence: str) -> None:
    listen(**options)
    trouble = told.wait(lambda event: isinstance(event, Trouble) and event.kind != "process")
    assert sentence in trouble.sentence
    assert "\n" not in trouble.sentence


def test_no_sound_but_text_is_said(listen, told, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    listen(device=f"file:{tmp_path / 'text.wav'}")
    assert "cannot be played" in told.wait(lambda event: isinstance(event, Trouble) and event.sentence).sentence


def test_a_file_that_is_damaged_in_the_middle_is_said(listen, told, speech, tmp_path: Path) -> None:
    path = tmp_path / "said.flac"
    soundfile.write(path, np.tile(speech("who am i", after=1.0), 2), RATE)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    listen(device=f"file:{path}").expect(Expected("en", ("who am i",), ()))
    sentence = told.wait(lambda event: isinstance(event, Trouble) and event.kind == "microphone").sentence
    assert "said.flac is damaged after" in sentence
    assert "copy it again" in sentence


def test_a_process_in_which_a_library_hangs_ends_with_its_parent() -> None:
    ours, theirs = Pipe()
    program = (
        "import sys, time; from multiprocessing.connection import Connection\n"
        "from emotion_perception.speech.ears import hearing\n"
        "hearing.create_recognizer = lambda *_, **__: time.sleep(600)\n"
        "hearing.serve(Connection(int(sys.argv[1])))"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(theirs.fileno())], pass_fds=[theirs.fileno()])
    theirs.close()
    ours.send(EarsOptions())
    ours.close()
    try:
        assert process.wait(TIMEOUT) == 1
    finally:
        process.kill()


def test_stopping_ends_the_process(listen, told) -> None:
    listener = listen(device="file:/nowhere.wav")
    told.wait(lambda event: isinstance(event, Trouble))
    process = listener._process
    listener.stop()
    assert process.poll() is not None
