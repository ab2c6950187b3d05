"""What ears tell and are told."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_perception.speech.recognition.factory import DEFAULT_ENGINE


@dataclass(frozen=True)
class EarsOptions:
    """How to hear.

    device: of audio.input.open_input. engine, model, language, download: of recognition.factory. strictness: of
    vad.VoiceActivity. pause: seconds of silence that end an utterance. longest: seconds after which one is ended.
    """

    device: str = ""
    engine: str = DEFAULT_ENGINE
    model: str = ""
    language: str = "en"
    download: bool = False
    strictness: int = 2
    pause: float = 0.6
    longest: float = 12.0


@dataclass(frozen=True)
class Heard:
    """An utterance, or what it is so far.

    text: empty when what was heard so far, and told, was not understood in the end. confidence: 0 to 1 or NaN.
    final: whether it is over. began, ended: steady times (time.monotonic) of its first and last speech.
    """

    text: str
    confidence: float
    language: str
    final: bool
    began: float
    ended: float


@dataclass(frozen=True)
class Trouble:
    """Something that keeps ears from hearing, by its kind; an empty sentence says that it is over."""

    kind: str
    sentence: str


@dataclass(frozen=True)
class Report:
    """Values for diagnostics, about once a second; ended: whether the sound file is at its end."""

    values: dict[str, str]
    ended: bool


@dataclass(frozen=True)
class Expected:
    """What is likely to be said next; see recognition.base.Recognizer.expect."""

    language: str
    phrases: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Deaf:
    """Hear nothing that was said before the steady time ``until``; infinity: until told otherwise."""

    until: float
