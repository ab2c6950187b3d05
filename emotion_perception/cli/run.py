"""`emotion-perception run`: all nodes in one process, from the camera to the overlay; with --scenario it talks."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from emotion_perception.cli import parameters
from emotion_perception.cli.view import live_page
from emotion_perception.cli.view.access import DEFAULT_PORT, Address, address
from emotion_perception.core.errors import ParameterError, PerceptionError
from emotion_perception.nodes import NODES, TALKING, node_class

_DRAIN_TIMEOUT = 3.0  # seconds that the last frame of a recording may take through the graph
_START_TIMEOUT = 10.0  # seconds until every node is active
_POLL = 0.02
_OFF = "off"
_DISPENSABLE = ("speech_recognizer", "speech_synthesizer")  # without a device or engine the robot goes on without them


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `run` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "run", help="run perception: camera, faces, identity, emotion, overlay", description=__doc__
    )
    parser.add_argument("--source", metavar="URI", help="usb:0, nao://robot, file:clip.mp4, synthetic: … or a path")
    parser.add_argument(
        "--params-file", type=Path, action="append", default=[], metavar="YAML", help="ROS parameter file; repeatable"
    )
    parser.add_argument(
        "--param",
        type=parameters.assignment,
        action="append",
        default=[],
        metavar="NODE.NAME:=VALUE",
        help="repeatable",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write emotion.csv, overlay.mp4 and timeline.png")
    parser.add_argument(
        "--lossless", action="store_true", help="play a recording as fast as the graph takes it, without losing a frame"
    )
    parser.add_argument("--no-camera", action="store_true", help="run without the camera node: another one's image_raw")
    parser.add_argument("--no-overlay", action="store_true", help="run without the overlay node")
    parser.add_argument(
        "--no-identity", action="store_true", help="run without face_identity: nobody is recognised or enrolled"
    )
    parser.add_argument(
        "--scenario",
        nargs="?",
        const="",
        metavar="NAME",
        help="talk with people: a scenario of config/scenarios/ or the path of your own; without a value "
        "dialogue.scenario of the parameters",
    )
    parser.add_argument("--language", metavar="TAG", help="that it begins to talk in, e.g. el; needs --scenario")
    parser.add_argument(
        "--tts", metavar="ENGINE", help=f"that it speaks with, e.g. espeak; {_OFF}: another program speaks"
    )
    parser.add_argument(
        "--stt", metavar="ENGINE", help=f"that it understands speech with, e.g. vosk; {_OFF}: another program listens"
    )
    parser.add_argument(
        "--view",
        type=address,
        nargs="?",
        const=Address(),
        metavar="[HOST:]PORT",
        help=f"serve a page that shows it live, as `view` does; port {DEFAULT_PORT} of this computer without a value",
    )
    parser.add_argument("--namespace", default="", help="of all nodes and topics")
    parser.add_argument("--log-level", choices=("debug", "info", "warn", "error"), default="warn")
    parser.add_argument(
        "--ros-args",
        nargs=argparse.REMAINDER,
        default=[],
        help="the rest is for ROS, as with `ros2 run`: -r image_raw:=/front/image_raw, -p use_sim_time:=true",
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Run until the recording's end or Ctrl-C. Returns 0, or 1 when a node fails (its sentence on stderr)."""
    values = list(args.param)
    if args.lossless:
        values += [(name, "lossless", True) for name in NODES if hasattr(node_class(name).PARAMETERS, "lossless")]
    if args.source and args.no_camera:
        raise ParameterError("--source needs the camera node, and --no-camera leaves it out: give one")
    if args.source:
        values.append(("camera", "source", args.source))
    values += _talking(args)
    for path in args.params_file:
        parameters.check_file(path)
    for node, name, value in values:
        parameters.check_assignment(node, name, value, where="--param")
    with tempfile.TemporaryDirectory(prefix="emotion_perception_") as scratch:
        overrides = Path(scratch, "overrides.yaml")
        parameters.write_file(overrides, values)
        arguments = ["--ros-args", "--log-level", args.log_level]
        if args.namespace:
            arguments += ["-r", f"__ns:=/{args.namespace.strip('/')}"]
        for path in [*args.params_file, overrides] if values else args.params_file:
            arguments += ["--params-file", str(path)]
        return _Session(args, [*arguments, *args.ros_args]).run()


def _talking(args: argparse.Namespace) -> list[tuple[str, str, str]]:
    """Return the parameters that the arguments of a conversation stand for."""
    asked = {
        "--scenario": ("dialogue", "scenario", args.scenario),
        "--language": ("dialogue", "language", args.language),
        "--tts": ("speech_synthesizer", "engine", args.tts),
        "--stt": ("speech_recognizer", "engine", args.stt),
    }
    given = {option: value for option, value in asked.items() if value[2] is not None}
    if args.scenario is None and given:
        raise ParameterError(f"{next(iter(given))} is about talking with people: add --scenario, which starts that")
    return [value for value in given.values() if value[2] not in ("", _OFF)]


class _Session:
    """One run of the graph with its live line and its recording."""

    def __init__(self, args: argparse.Namespace, ros_arguments: list[str]) -> None:
        from emotion_perception.ros.process import Graph  # rclpy loads only when something runs

        self._args = args
        self._graph = Graph(ros_arguments, fail_fast=True)
        self._camera: Any = None
        self._recording: Any = None

    def run(self) -> int:
        page = live_page(self._graph, self._args.view) if self._args.view else nullcontext()
        with self._graph, page:
            self._start()
            status = self._watch()
            if sys.stdout.isatty():
                print()
        if self._recording is not None:
            written = self._recording.finish()
            print(f"wrote {', '.join(map(str, written))}")
            if lost := self._recording.pictures_lost:
                print(f"overlay.mp4 lacks {lost} pictures: this computer could not encode them in time")
            if self._recording.failure:
                raise PerceptionError(self._recording.failure)
        if status:
            raise PerceptionError(status)
        return 0

    def _start(self) -> None:
        """Start the nodes from the end of the flow to its beginning, so that no frame finds nobody."""
        from emotion_perception.cli.live_line import LiveLine
        from emotion_perception.cli.recording import Recording

        args, graph = self._args, self._graph
        left_out = {"overlay": args.no_overlay, "face_identity": args.no_identity}
        left_out |= dict.fromkeys(TALKING, args.scenario is None)
        left_out["speech_synthesizer"] |= args.tts == _OFF
        left_out["speech_recognizer"] |= args.stt == _OFF
        names = [name for name in NODES if not left_out.get(name)]
        nodes = [
            graph.add(node_class(name), essential=name not in _DISPENSABLE)
            for name in reversed(names)
            if name != "camera"
        ]
        self._line = graph.add(LiveLine, captured_at=self._captured_at)
        if args.out:
            self._recording = graph.add(Recording, folder=args.out, video=not args.no_overlay)
        self._wait_until(lambda: all(node.active or node.failure for node in nodes), _START_TIMEOUT)
        if not graph.done.is_set() and not args.no_camera:
            camera = self._camera = graph.add(node_class("camera"))
            self._wait_until(lambda: camera.active or camera.failure, _START_TIMEOUT)
            if camera.active:
                print(f"camera: {camera.source_description}", flush=True)

    def _captured_at(self, stamp: int) -> float | None:
        return self._camera.captured_at(stamp) if self._camera else None

    def _watch(self) -> str | None:
        """Wait for the end. Returns the sentence of what failed, if anything."""
        graph = self._graph
        while not graph.done.wait(0.1):
            if self._camera is None:
                continue
            if self._camera.ended:
                self._drain()
                break
            if self._camera.missing:
                return f"camera: {self._camera.missing}"
        return graph.failed or (self._camera.aborted if self._camera else None)

    def _drain(self) -> None:
        """Let the last frame of a recording arrive at the end of the graph."""
        last = self._camera.last_stamp
        self._wait_until(lambda: self._line.newest_stamp == last, _DRAIN_TIMEOUT)
        if self._recording is None:
            return
        self._wait_until(lambda: self._recording.newest_emotion == last, _DRAIN_TIMEOUT)
        if not self._args.no_overlay:
            self._wait_until(lambda: self._recording.newest_picture == last, _DRAIN_TIMEOUT)

    def _wait_until(self, condition: Callable[[], bool], timeout: float) -> None:
        end = time.monotonic() + timeout
        while not condition() and time.monotonic() < end and not self._graph.done.wait(_POLL):
            pass
