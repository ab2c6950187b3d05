"""`emotion-perception replay`: play a bag (rosbag2, of any distribution) into the graph.

Without options everything in it is published, byte for byte, at the pace it was recorded. For perception to work on the
pictures anew, play --inputs alone; with --lossless as fast as the graph takes them, without losing one.
Space pauses and goes on.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.recovery import Recovery, recover
from emotion_perception.bags.selection import TRANSPORTS, choose, only_image, playable
from emotion_perception.bags.topic import absolute
from emotion_perception.cli.parameters import assignment
from emotion_perception.core.errors import ParameterError


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `replay` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser("replay", help="play a bag (rosbag2)", description=__doc__)
    parser.add_argument("bag", type=Path, metavar="BAG", help="its folder, or a .mcap or .db3 file")
    parser.add_argument("--rate", type=float, default=1.0, metavar="R", help="2 plays twice as fast; default: 1")
    parser.add_argument("--start", type=float, default=0.0, metavar="SECONDS", help="begin so far into the bag")
    parser.add_argument("--loop", action="store_true", help="begin again at the end")
    parser.add_argument("--clock", action="store_true", help="publish the bag's time on /clock, for use_sim_time")
    parser.add_argument("--topics", nargs="+", metavar="TOPIC", help="these and no others")
    parser.add_argument("--inputs", action="store_true", help="only pictures and camera_info, for a graph that runs")
    parser.add_argument(
        "--images",
        choices=TRANSPORTS,
        help="publish pictures as recorded, or raw, or compressed; default: raw with --inputs, else as recorded",
    )
    parser.add_argument(
        "--remap", nargs="+", type=_rule, default=[], metavar="FROM:=TO", help="topics under other names"
    )
    parser.add_argument(
        "--lossless", action="store_true", help="as fast as the graph takes pictures, and none lost; means --inputs"
    )
    parser.add_argument(
        "--recover", action="store_true", help="first save what is whole of a bag that was cut, in a new bag beside it"
    )
    parser.add_argument(
        "--ros-args", nargs=argparse.REMAINDER, default=[], help="the rest is for ROS, as with `ros2 run`"
    )
    check = parser.add_argument_group("compare what perception makes of the bag with what it made before")
    check.add_argument(
        "--check",
        type=Path,
        metavar="YAML",
        help="run the graph on the pictures without loss, and compare with this; it knows nobody by name, unless "
        "--param face_identity.people:=FILE says whom",
    )
    check.add_argument("--update", action="store_true", help="write the file of --check instead of comparing")
    check.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw a picture of each difference into it")
    check.add_argument("--no-identity", action="store_true", help="leave face_identity out")
    check.add_argument("--params-file", type=Path, action="append", default=[], metavar="YAML", help="as of `run`")
    check.add_argument(
        "--param", type=assignment, action="append", default=[], metavar="NODE.NAME:=VALUE", help="as of `run`"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Play until the end, or Ctrl-C. Returns 0, or 1 when --check finds more differences than are tolerated."""
    if not args.rate > 0:
        raise ParameterError(f"--rate is {args.rate:g}: give a number greater than 0")
    if args.start < 0:
        raise ParameterError(f"--start is {args.start:g}: give the seconds after the begin of the bag")
    if args.check is None and (args.update or args.pictures):
        raise ParameterError("--update and --pictures belong to --check: name the file with --check golden.yaml")
    path = args.bag
    if args.recover:
        recovery = recover(path)
        print(_told(path, recovery), flush=True)
        path = recovery.folder
    with BagReader(path) as bag:
        if args.check:
            from emotion_perception.cli.replay.check import check

            return check(args, bag)
        if args.start and args.start > bag.seconds:
            raise ParameterError(f"--start is {args.start:g}: {path} lasts {bag.seconds:.1f} s")
        inputs = args.inputs or args.lossless
        transport = args.images or ("raw" if inputs else "recorded")
        names = [absolute(name) for name in args.topics] if args.topics else None
        choices = choose(bag, names=names, inputs=inputs, transport=transport)
        if args.lossless:
            only_image(bag, choices)
        from emotion_perception.cli.replay.session import Session  # rclpy loads only when something runs
        from emotion_perception.ros.environment import prepare_environment

        prepare_environment()  # definitions are found through it
        choices, left_out = playable(choices, named=names is not None)
        print("".join(f"{sentence}\n" for sentence in left_out), end="", flush=True)
        return Session(args, bag, choices).run()


def _rule(text: str) -> tuple[str, str]:
    """Split "image_raw:=front/image_raw" into absolute names."""
    source, separator, target = text.partition(":=")
    if not (separator and source and target):
        raise argparse.ArgumentTypeError(f'"{text}" is not from:=to, e.g. image_raw:=front/image_raw')
    return absolute(source), absolute(target)


def _told(path: Path, recovery: Recovery) -> str:
    """Say what was recovered, and up to where."""
    said = f"recovered {recovery.messages} messages ({recovery.seconds:.1f} s) of {path}"
    said += f" up to {recovery.last_time}" if recovery.end is not None else ""
    said += f" into {recovery.folder}; {path} stays as it is"
    return "\n".join([said, *recovery.faults])
