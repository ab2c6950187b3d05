"""`replay --check`: runs the graph on the pictures of a bag, without loss, and compares with a golden file."""

from __future__ import annotations

import argparse

from emotion_perception.bags.comparison import Comparison, compare
from emotion_perception.bags.observation import read_golden, summarise, write_golden
from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.selection import choose, only_image
from emotion_perception.bags.topic import absolute
from emotion_perception.cli.replay.differences import draw_differences
from emotion_perception.cli.replay.observer import observe
from emotion_perception.core.errors import BagError


def check(args: argparse.Namespace, bag: BagReader) -> int:
    """Compare, or write the golden file with --update. Returns 0, or 1 when it differs by more than is tolerated."""
    names = [absolute(name) for name in args.topics] if args.topics else None
    image = only_image(bag, choose(bag, names=names, inputs=True, transport="raw"))
    golden = None if args.update and not args.check.exists() else read_golden(args.check)
    seen = observe(bag, image, args.params_file, args.param, identity=not args.no_identity)
    if not seen.frames:
        raise BagError(f"{image.topic.name} in {bag.path} gave no frame: give another topic with --topics")
    if args.update:
        write_golden(args.check, summarise(seen.model, seen.frames, golden.tolerances if golden else None))
        print(f"wrote {args.check}: {len(seen.frames)} frames, {seen.model}")
        return 0
    assert golden is not None
    found = compare(golden, seen.model, seen.frames)
    print(_report(found))
    if args.pictures and found.differences:
        print(f"drew {len(draw_differences(args.pictures, bag, image, seen, found))} pictures into {args.pictures}")
    return 0 if found.passed else 1


def _report(found: Comparison) -> str:
    share = found.differing / max(1, found.frames)
    verdict = "passed" if found.passed else "FAILED"
    summary = f"{verdict}: {found.differing} of {found.frames} frames differ ({share:.1%}; {found.tolerated:.1%} may)"
    return "\n".join([*map(str, found.differences), *found.notes, *found.problems, summary])
