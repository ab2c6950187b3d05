"""What hears and speaks: PortAudio, and the devices of ALSA and PulseAudio (or PipeWire)."""

from __future__ import annotations

import ctypes.util
from pathlib import Path

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, note, ok

_ALSA = Path("/proc/asound")


def check(_: Settings) -> Finding:
    """Look for a microphone and a loudspeaker. Seeing needs neither, so nothing here is a fault."""
    from emotion_perception.speech.audio import sound_server

    microphones = sound_server.list_names("sources") or _alsa("capture")
    speakers = sound_server.list_names("sinks") or _alsa("playback")
    if not microphones:
        return note(
            "there is no microphone, so the robot will not hear",
            "plug one in; if it is, the command lists what the sound system knows",
            command="cat /proc/asound/cards; pactl list short sources",
        )
    if not speakers:
        return note("there is no loudspeaker, so the robot will not be heard", "plug one in")
    if not ctypes.util.find_library("portaudio"):
        return note(
            "PortAudio is not installed, through which the robot hears and speaks",
            "install it",
            command=commands.apt("libportaudio2"),
        )
    return _reachable(microphones[0])


def _reachable(microphone: str) -> Finding:
    """Compare with what the robot can open, and name that as its parameters take it."""
    from emotion_perception.core.errors import AudioError
    from emotion_perception.speech.audio.devices import list_devices

    try:
        devices = list_devices()
    except AudioError as error:
        return note(str(error), "do what it says")
    microphones = [device.name for device in devices if device.inputs]
    speakers = [device.name for device in devices if device.outputs]
    if not microphones:
        return note(
            f"there is a microphone ({microphone}), but PortAudio cannot reach it through the sound server",
            "install its way there",
            command=commands.apt("libasound2-plugins"),
        )
    return ok(f"microphones: {', '.join(microphones)}; loudspeakers: {', '.join(speakers)}")


def _alsa(direction: str) -> list[str]:
    """Return the names of ALSA's devices, from lines like "00-00: ALC256 Analog : ALC256 Analog : capture 1"."""
    try:
        lines = (_ALSA / "pcm").read_text().splitlines()
    except OSError:
        return []
    return [line.split(":")[1].strip() for line in lines if direction in line]
