"""`emotion-perception say`: a voice and a loudspeaker, tried out without a robot."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from emotion_perception.core.errors import VoiceError
from emotion_perception.speech.audio.output import open_output
from emotion_perception.speech.audio.resample import resample
from emotion_perception.speech.audio.wav import WavWriter
from emotion_perception.speech.voices.base import Voice
from emotion_perception.speech.voices.factory import ENGINES, VoiceOptions, make_voice
from emotion_perception.speech.voices.text import speakable


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `say` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "say",
        help="say something, to try out voices and loudspeakers",
        description="Needs no ROS graph and starts none.",
    )
    parser.add_argument("text", nargs="+", help="what to say")
    parser.add_argument("--tts", choices=ENGINES, default="auto", help="the voice; auto without")
    parser.add_argument("--language", default="en", metavar="TAG", help="en, el, uk, hu, zh, ...; en without")
    parser.add_argument("--voice", default="", metavar="FILE", help="the .onnx file of piper's voice")
    parser.add_argument("--device", default="", metavar="NAME", help="the loudspeaker or a part of its name")
    parser.add_argument("--out", default="", metavar="FILE", help="write a WAV file and play nothing")
    return parser


def run(args: argparse.Namespace) -> int:
    """Say it and return 0. Raises VoiceError or AudioError with the reason why not."""
    text = speakable(" ".join(args.text))
    if not text:
        raise VoiceError("there is nothing to say in this text: give some with letters or digits")
    voice = make_voice(args.tts, VoiceOptions(voice_path=args.voice), trouble=_tell)
    _tell(voice.notice)
    try:
        if args.out:
            _write(voice, text, args.language, args.out)
        else:
            _play(voice, text, args.language, args.device)
    finally:
        voice.close()
    return 0


def _play(voice: Voice, text: str, language: str, device: str) -> None:
    with open_output(device, voice.rate) as output:
        for sound in voice.synthesize(text, language):
            output.write(resample(sound.samples, sound.rate, output.rate))
        output.drain()


def _write(voice: Voice, text: str, language: str, path: str) -> None:
    writer = WavWriter(path, voice.rate)
    seconds = 0.0
    try:
        for sound in voice.synthesize(text, language):
            writer.write(resample(sound.samples, sound.rate, voice.rate))
            seconds += sound.seconds
    finally:
        writer.close()
    print(f"wrote {path}: {seconds:.1f} s")


def _tell(sentence: str) -> None:
    if sentence:
        print(sentence, file=sys.stderr)
