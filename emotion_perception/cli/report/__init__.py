"""`emotion-perception report`: what a bag says of expressions, as a page, as a table for notebooks, or for Foxglove."""

from __future__ import annotations

import argparse
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.topic import absolute
from emotion_perception.cli.report.tables import Table, read_table, write_csv, write_parquet
from emotion_perception.core.errors import BagError, ParameterError


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `report` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "report", help="a page or a table of the expressions in a bag", description=__doc__
    )
    parser.add_argument("bag", type=Path, metavar="BAG", help="its folder, or a .mcap or .db3 file")
    parser.add_argument("--html", type=Path, metavar="FILE", help="one page that needs no other file")
    parser.add_argument("--no-snapshots", action="store_true", help="leave pictures of people out of the page")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="a row per face and frame")
    parser.add_argument("--parquet", type=Path, metavar="FILE", help="the same, for large bags; needs pyarrow")
    parser.add_argument(
        "--foxglove",
        type=Path,
        metavar="FILE.mcap",
        help="a copy of the bag in which Foxglove draws boxes and labels",
    )
    parser.add_argument("--topic", default="emotion", help="of the expressions; default: emotion")
    return parser


def run(args: argparse.Namespace) -> int:
    """Write what is asked for. Returns 0; raises BagError when the bag holds no expressions."""
    files = [each for each in (args.html, args.csv, args.parquet, args.foxglove) if each]
    if not files:
        raise ParameterError("nothing to write: give --html FILE, --csv FILE, --parquet FILE or --foxglove FILE.mcap")
    with BagReader(args.bag) as bag:
        table = read_table(bag, absolute(args.topic))
        if args.csv:
            write_csv(args.csv, table)
        if args.parquet:
            write_parquet(args.parquet, table)
        if args.html:
            _write_html(args, bag, table)
        if args.foxglove:
            from emotion_perception.cli.report.foxglove import write_foxglove

            for sentence in write_foxglove(args.foxglove, bag, absolute(args.topic)):
                print(sentence)
    print(f"wrote {', '.join(map(str, files))}")
    return 0


def _scratch(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """Return a folder that is gone in the end, beside what is written. Raises BagError when it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=".report_", dir=folder)
    except OSError as error:
        raise BagError(f"cannot write into {folder} ({error.strerror}): choose another file") from error


def _write_html(args: argparse.Namespace, bag: BagReader, table: Table) -> None:
    from emotion_perception.core.report.history import gather
    from emotion_perception.core.report.page import seconds_of, write_page
    from emotion_perception.core.report.timeline import write_timeline

    snapshots = []
    if not args.no_snapshots:
        from emotion_perception.cli.report.snapshots import strongest_moments

        snapshots = strongest_moments(bag, table)
    with _scratch(args.html.parent) as scratch:
        rows, picture = Path(scratch, "emotion.csv"), Path(scratch, "timeline.png")
        write_csv(rows, table)
        write_timeline(rows, picture)
        timeline = picture.read_bytes()
    begin = datetime.fromtimestamp(1e-9 * bag.begin)
    write_page(
        args.html,
        title=f"Expressions in {bag.path.name}",
        facts=[
            ("recorded", begin.isoformat(" ", "seconds")),
            ("lasts", f"{bag.seconds:.1f} s"),
            ("model", table.model),
            ("frames", str(len(table.frames))),
        ],
        timeline=timeline,
        faces=gather(table.rows),
        seconds=seconds_of(table.frames),
        snapshots=snapshots,
    )
