from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from emotion_perception.core.errors import AudioError
from emotion_perception.speech.audio.devices import list_devices
from emotion_perception.speech.audio.output import open_output
from emotion_perception.speech.audio.resample import resample

RATE = 22050


def tone(seconds: float, hertz: float, rate: int = RATE) -> NDArray[np.int16]:
    return (16000 * np.sin(2 * np.pi * hertz / rate * np.arange(round(seconds * rate)))).astype(np.int16)


def share(samples: NDArray[np.int16], rate: int, hertz: float) -> float:
    """Part of the energy within 30 Hz of a frequency."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / rate) - hertz) < 30
    return float(power[near].sum() / power.sum())


def test_a_file_hears_what_a_loudspeaker_would(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    with open_output(f"file:{path}", RATE) as output:
        output.write(tone(0.1, 440))
        output.drain()
        output.write(tone(0.1, 440))

    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE and np.array_equal(samples, np.concatenate([tone(0.1, 440)] * 2))


@pytest.mark.parametrize("device", ["none", "file:heard.wav"])
def test_it_takes_the_time_and_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.chdir(tmp_path)
    with open_output(device, RATE) as output:
        begin = time.monotonic()
        output.write(tone(0.3, 440))
        assert time.monotonic() - begin > 0.25

        long = tone(60, 440)
        threading.Timer(0.2, output.stop).start()
        output.write(long)
        assert time.monotonic() - begin < 30
        output.write(tone(0.1, 440))
    if device != "none":
        assert 0.4 < soundfile.info(tmp_path / "heard.wav").duration < 10


@pytest.mark.parametrize("path", ["/no/such/folder/x.wav", "", "/dev"])
def test_a_file_that_cannot_be_written_is_named(path: str) -> None:
    with pytest.raises(AudioError, match="cannot be written"):
        open_output(f"file:{path}", RATE)


@pytest.mark.parametrize("rate", [8000, 22050, 24000, 48000])
def test_resampling_keeps_what_is_heard(rate: int) -> None:
    sound = resample(tone(0.5, 1000, 24000), 24000, rate)

    assert len(sound) == pytest.approx(0.5 * rate, abs=64)
    assert share(sound, rate, 1000) > 0.95 and np.abs(sound).max() > 14000


def test_resampling_makes_no_false_tones() -> None:
    assert np.abs(resample(tone(0.5, 9000, 24000), 24000, 8000)[200:-200]).max() < 500


def record(server: Any, path: Path, source: str = "robot_mic") -> Any:
    """Start recording what the sound server's microphone hears."""
    command = ["parecord", f"--device={source}", "--file-format=wav", "--rate=48000", "--channels=1", str(path)]
    made = subprocess.Popen(command)
    end = time.monotonic() + 20
    while "parecord" not in server.pactl("list", "source-outputs"):
        assert time.monotonic() < end
        time.sleep(0.02)
    return made


def test_a_loudspeaker_is_heard_through_a_real_sound_server(sound_server: Any, tmp_path: Path) -> None:
    recorder = record(sound_server, tmp_path / "monitor.wav")
    with open_output("", RATE) as output:
        begin = time.monotonic()
        output.write(tone(1.0, 880))
        output.drain()
        assert time.monotonic() - begin > 0.9
        long = tone(30.0, 1500)
        output.write(long)
        threading.Timer(0.5, output.stop).start()
        output.drain()
        assert time.monotonic() - begin < 20
        assert not output.lost
        time.sleep(0.2)  # what the server still holds
    recorder.terminate()
    recorder.wait()

    samples, rate = soundfile.read(tmp_path / "monitor.wav", dtype="int16")
    loud = np.flatnonzero(np.abs(samples) > 1000)
    assert share(samples[loud[0] : loud[0] + int(0.9 * rate)], rate, 880) > 0.9
    assert 1.2 * rate < loud[-1] - loud[0] < 20 * rate


def test_devices_are_listed_and_chosen_by_name(sound_server: Any) -> None:
    sound_server.pactl("load-module", "module-null-sink", "sink_name=other", "rate=48000", "channels=1")

    devices = {device.name: device for device in list_devices()}

    assert {"pulse", "default", "pulse:robot", "pulse:other", "pulse:robot_mic"} <= set(devices)
    assert devices["pulse:robot"].outputs and not devices["pulse:robot"].inputs
    assert devices["pulse:robot_mic"].inputs and not devices["pulse:robot_mic"].outputs
    assert devices["default"].default
    with open_output("pulse:other", RATE):
        assert "other" in playing_on(sound_server)
    with open_output("DEFAULT", RATE):
        assert "robot" in playing_on(sound_server)


def playing_on(server: Any) -> str:
    """Return the sinks that something plays on."""
    sinks = dict(line.split("\t")[:2] for line in server.pactl("list", "short", "sinks").splitlines())
    return " ".join(sinks[line.split("\t")[1]] for line in server.pactl("list", "short", "sink-inputs").splitlines())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("gramophone", 'no loudspeaker "gramophone": choose one of'),
        ("ul", "part of the names of several"),
        ("pulse:gramophone", "cannot be opened"),
    ],
)
def test_a_name_that_is_wrong_is_answered_with_those_that_are_right(
    sound_server: Any, name: str, sentence: str
) -> None:
    with pytest.raises(AudioError, match=sentence):
        open_output(name, RATE)


def test_a_loudspeaker_that_goes_ends_what_is_played(sound_server: Any) -> None:
    with open_output("", RATE) as output:
        output.write(tone(60.0, 440))
        sound_server.stop()
        with pytest.raises(AudioError, match="is gone"):
            output.drain()
    with pytest.raises(AudioError, match="there is no loudspeaker"):
        open_output("", RATE)
    sound_server.start()
    with open_output("", RATE) as output:
        assert not output.lost
