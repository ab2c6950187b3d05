"""`emotion-perception compare`: a table of evaluated runs, beside what was published of their architectures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `compare` to the main parser; ``run`` takes what it parses."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "compare",
        help="put evaluated models side by side",
        description="Prints a Markdown table: what was published of each architecture, and what its recipe gave here.",
    )
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="folders of runs, or evaluation.json files")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table to a file, too")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print and write the table. Returns 0; an error of core.errors says what cannot be compared."""
    from emotion_perception.training.comparison import comparison_page, read_entry
    from emotion_perception.training.files import write_text

    text = comparison_page([read_entry(path.expanduser()) for path in args.paths])
    if args.out:
        write_text(args.out.expanduser(), text)
    print(text, end="")
    return 0
