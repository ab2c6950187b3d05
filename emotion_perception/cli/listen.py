"""`emotion-perception listen`: a microphone and a recogniser, tried out without a robot."""

from __future__ import annotations

import argparse
import sys
import threading
from typing import Any

from emotion_perception.speech.ears.events import EarsOptions, Expected, Heard, Report, Trouble
from emotion_perception.speech.ears.listener import Listener
from emotion_perception.speech.recognition.factory import DEFAULT_ENGINE, ENGINES


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `listen` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "listen",
        help="show what is understood, to try out microphones and recognisers",
        description="Needs no ROS graph and starts none. Listens until Ctrl-C, or the end of a file.",
    )
    parser.add_argument(
        "--stt", choices=ENGINES, default=DEFAULT_ENGINE, help=f"the recogniser; {DEFAULT_ENGINE} without"
    )
    parser.add_argument("--model", default="", metavar="FOLDER", help="of vosk or whisper")
    parser.add_argument("--language", default="en", metavar="TAG", help="en, el, uk, hu, zh, ...; en without")
    parser.add_argument("--download", action="store_true", help="let vosk fetch a model of the language")
    parser.add_argument(
        "--device", default="", metavar="NAME", help="the microphone or a part of its name, or file:speech.wav"
    )
    parser.add_argument(
        "--phrase", action="append", default=[], help="expect this, and nothing but such phrases; repeatable"
    )
    parser.add_argument("--name", action="append", default=[], help="expect somebody's name, or another's; repeatable")
    return parser


def run(args: argparse.Namespace) -> int:
    """Listen and show. Returns 0 at the end of a file, 1 when there is no recogniser or no such file."""
    session = _Session(once=args.device.startswith("file:"))
    options = EarsOptions(
        device=args.device, engine=args.stt, model=args.model, language=args.language, download=args.download
    )
    listener = Listener(options, heard=session.show, trouble=session.note, report=session.watch)
    if args.phrase or args.name or args.language != "en":
        listener.expect(Expected(args.language, tuple(args.phrase), tuple(args.name)))
    try:
        session.over.wait()
    finally:
        listener.stop()
    if session.unread is not None:
        raise session.unread
    return session.status


class _Session:
    """What is shown. over: set when there is nothing to wait for any more. unread: why nobody can read it (| head)."""

    def __init__(self, *, once: bool) -> None:
        self._once = once
        self.over = threading.Event()
        self.status = 0
        self.unread: BrokenPipeError | None = None

    def show(self, heard: Heard) -> None:
        if heard.final and heard.text:
            try:
                print(f"{heard.text}  ({heard.confidence:.2f}, {heard.language})", flush=True)
            except BrokenPipeError as error:
                self.unread = error
                self.over.set()
        elif not heard.final and sys.stderr.isatty():
            print(f"\r\x1b[K… {heard.text}", end="\r", file=sys.stderr, flush=True)

    def note(self, trouble: Trouble) -> None:
        if trouble.sentence:
            print(trouble.sentence, file=sys.stderr, flush=True)
            if trouble.kind in ("recogniser", "language") or (self._once and trouble.kind == "microphone"):
                self.status = 1
                self.over.set()

    def watch(self, report: Report) -> None:
        if report.ended:
            self.over.set()
