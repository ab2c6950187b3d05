"""`emotion-perception camera`: which cameras are there, and how good is what comes from a source."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from emotion_perception.sources.base import SourceOptions
from emotion_perception.sources.camera_formats import PIXEL_FORMATS
from emotion_perception.sources.cameras import list_cameras


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `camera` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "camera", help="list cameras, test a source", description="Needs no ROS graph and starts none."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|test")
    actions.add_parser("list", help="show every camera with its formats, sizes and rates")
    test = actions.add_parser("test", help="show frame rate, exposure and sharpness of a camera, stream or file")
    test.add_argument(
        "source", nargs="?", default="usb:", metavar="SOURCE", help="as of `run`; the first camera without"
    )
    test.add_argument("--seconds", type=_seconds, default=5.0, help="how long to look; 5 without")
    test.add_argument("--size", type=_size, default=(640, 480), metavar="WIDTHxHEIGHT", help="640x480 without")
    test.add_argument("--rate", type=float, default=30.0, metavar="FPS", help="30 without")
    test.add_argument("--format", default="", choices=list(PIXEL_FORMATS), help="what suits size and rate without")
    test.add_argument("--snapshot", type=Path, metavar="FILE", help="write the last frame there (.png, .jpg)")
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what ``args`` asks. Raises PerceptionError when no frame came or the snapshot cannot be written."""
    if args.action == "list":
        return _list()
    from emotion_perception.cli.source_check import SourceCheck  # OpenCV loads only when pictures are looked at

    size, seconds = args.size, args.seconds
    options = SourceOptions(image_width=size[0], image_height=size[1], framerate=args.rate, pixel_format=args.format)
    return SourceCheck(args.source, options, seconds=seconds, snapshot=args.snapshot).run()


def _list() -> int:
    cameras = list_cameras()
    if not cameras:
        print("no camera is connected: plug one in, or use another source, e.g. file:clip.mp4")
    for camera in cameras:
        print(f"usb:{camera.device}  {camera.name}")
        if camera.stable:
            print(f"  always: usb:{camera.stable}")
        if camera.obstacle:
            print(f"  {camera.obstacle}")
        for each in camera.formats:
            print(f"  {each.fourcc} ({each.description}): {', '.join(map(str, each.sizes)) or 'any size'}")
    return 0


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 3600 seconds")
    return value


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f'"{text}" is not a size, e.g. 640x480')
    return int(width), int(height)
