"""`emotion-perception record`: write what is published into a bag that rosbag2, Foxglove and `replay` read.

Without --topics: the camera's images (compressed ones if there are any) and camera_info, emotion, identities, what is
said and heard, and /diagnostics. Not `faces`, which carries a picture of every face, unless it is asked for.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from emotion_perception.bags.part import SUFFIXES
from emotion_perception.bags.topic import absolute, default_topics
from emotion_perception.bags.writing import BagWriter, Limits
from emotion_perception.core.errors import BagError, ParameterError

_MEGABYTE = 1_000_000


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `record` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "record", help="record topics into a bag (rosbag2)", description=__doc__
    )
    parser.add_argument("-o", "--out", type=Path, metavar="FOLDER", help="a new one; default: rosbag2_<date and time>")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--topics", nargs="+", metavar="TOPIC", help="these and no others")
    what.add_argument("--all", action="store_true", help="everything that is published, pictures of faces included")
    parser.add_argument("--add", nargs="+", default=[], metavar="TOPIC", help="these as well, e.g. faces")
    parser.add_argument("--raw", action="store_true", help="raw images rather than compressed ones")
    parser.add_argument("--storage", choices=SUFFIXES, default="mcap", help="of the files; default: mcap")
    parser.add_argument("--compress", action="store_true", help="with zstd (mcap only); JPEG images gain nothing")
    parser.add_argument("--split-size", type=float, metavar="MB", help="begin a new file after so many megabytes")
    parser.add_argument("--split-time", type=float, metavar="SECONDS", help="begin a new file after so many seconds")
    parser.add_argument("--keep", type=float, metavar="MINUTES", help="keep only the last so many minutes")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="end by itself; default: at Ctrl-C")
    parser.add_argument("--namespace", default="", help="of the robot whose topics are meant")
    return parser


def run(args: argparse.Namespace) -> int:
    """Record until Ctrl-C, SIGTERM, --duration or a full disk (which is an error; the bag is whole in any case)."""
    for name in ("split_size", "split_time", "keep", "duration"):
        value = getattr(args, name)
        if value is not None and not value > 0:
            raise ParameterError(f"--{name.replace('_', '-')} is {value:g}: give a number greater than 0")
    limits = Limits(
        split_bytes=round(args.split_size * _MEGABYTE) if args.split_size else None,
        split_seconds=args.split_time,
        keep_seconds=args.keep * 60 if args.keep else None,
    )
    folder = args.out or Path(datetime.now().strftime("rosbag2_%Y_%m_%d-%H_%M_%S"))
    from emotion_perception.cli.record.recorder import Recorder  # rclpy loads only when something runs
    from emotion_perception.cli.record.sink import Sink
    from emotion_perception.ros.process import Graph

    with Graph(["--ros-args", "--log-level", "warn"]) as graph:  # first: definitions are found through its environment
        make = partial(BagWriter, folder, storage=args.storage, compress=args.compress, limits=limits)
        sink = Sink(make, failed=graph.stop)
        try:
            recorder = graph.add(Recorder, choose=_chooser(args), sink=sink)
            print(f"recording to {folder}; Ctrl-C ends it", flush=True)
            _wait(graph, recorder, sink, args.duration)
        finally:
            sink.close()
        if sys.stdout.isatty():
            print()
        print(_summary(folder, recorder, sink))
    if sink.failure:
        raise BagError(sink.failure)
    return 0


def _chooser(args: argparse.Namespace) -> Any:
    """Return the function that says which of the published topics to record."""

    def choose(published: Mapping[str, str]) -> set[str]:
        if args.all:
            return set(published)
        if args.topics:
            named = {absolute(name, args.namespace) for name in args.topics}
        else:
            named = default_topics(published, namespace=args.namespace, raw=args.raw)
        return (named | {absolute(name, args.namespace) for name in args.add}) & set(published)

    return choose


def _wait(graph: Any, recorder: Any, sink: Any, duration: float | None) -> None:
    begin = time.monotonic()
    while not graph.done.wait(min(1.0, duration) if duration else 1.0):
        seconds = time.monotonic() - begin
        if duration is not None and seconds >= duration:
            return
        lost = sum(recorder.lost.values()) + sink.dropped
        what = f"{len(recorder.topics)} topics" if recorder.topics else "nothing to record is published yet"
        line = (
            f"{seconds:5.0f} s  {sink.written} messages, {sink.written_bytes / _MEGABYTE:.1f} MB, {lost} lost  {what}"
        )
        print(f"\r{line}\033[K" if sys.stdout.isatty() else line, end="" if sys.stdout.isatty() else "\n", flush=True)


def _summary(folder: Path, recorder: Any, sink: Any) -> str:
    names = ", ".join(recorder.topics) or "none was published"
    said = f"{folder} holds {sink.messages} messages of {len(recorder.topics)} topics: {names}"
    for name, count in recorder.lost.items():
        said += f"\n{name}: {count} messages were lost on the way here"
    if sink.dropped:
        said += f"\n{sink.dropped} messages were dropped: the disk was too slow"
    return said
