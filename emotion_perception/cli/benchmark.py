"""`emotion-perception benchmark`: measure this machine, stage by stage, against the budgets and a peer library."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from emotion_perception.core.errors import ParameterError, PerceptionError
from emotion_perception.nodes import NODES, TALKING

_ROUNDS = 3
_INTERRUPTED = 130  # the exit code of what SIGINT has ended


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `benchmark` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "benchmark",
        help="measure latency, speed, CPU and memory on this machine",
        description="Measures the graph and its bare work on scenes with 0 to 10 faces, in rounds whose medians count. "
        "Takes about 8 minutes a round; leave the machine alone meanwhile.",
    )
    parser.add_argument("--quick", action="store_true", help="one size, one round: about a minute")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"{_ROUNDS} by default, 1 with --quick")
    parser.add_argument("--peer", action="store_true", help="fetch the peer library fer first (4.3 MB, once)")
    parser.add_argument(
        "--compare",
        action="append",
        metavar="NODE",
        help="measure only latency without and with this node, in turn; repeatable",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single measurement")
    parser.add_argument("--out", type=Path, metavar="PAGE.md", help="write the page, and PAGE.png beside it")
    return parser


def run(args: argparse.Namespace) -> int:
    """Measure and print the page. Returns 0 whether the budgets hold or not, 1 when a run failed, 130 after Ctrl-C."""
    from emotion_perception.benchmark import peer, plan
    from emotion_perception.benchmark.plot import draw_cost
    from emotion_perception.benchmark.report import write_page
    from emotion_perception.benchmark.session import carry_out

    rounds = args.rounds or (1 if args.quick else _ROUNDS)
    if rounds < 1:
        raise ParameterError(f"--rounds is {rounds}: give 1 or more")
    compared = tuple(args.compare or ())
    others = [name for name in NODES if name not in ("camera", *plan.PERCEPTION, *TALKING)]
    for node in compared:
        if node not in others:
            raise ParameterError(f'--compare: "{node}" cannot be left out of perception: choose {" or ".join(others)}')
    if args.peer:
        peer.install()
    if compared:
        chosen = plan.comparison(compared, frames=90 if args.quick else 300)
    else:
        chosen = plan.quick() if args.quick else plan.whole()
    for path in (args.json, args.out):
        if path:
            _make_room(path)
    results = carry_out(chosen, rounds=rounds, progress=_show)
    picture = args.out and args.out.with_suffix(".png")
    drawn = bool(picture) and draw_cost(results, picture)
    changes = args.out and args.out.with_name(f"{args.out.stem}_changes.md")
    page = write_page(
        results,
        command=" ".join(["emotion-perception benchmark", *_told(args)]),
        picture=picture.name if drawn else "",
        changes=changes.name if changes and changes.is_file() else "",
    )
    print(page)
    if args.json:
        args.json.write_text(json.dumps(results.as_json(), indent=1) + "\n", encoding="utf-8")
    if args.out:
        args.out.write_text(page, encoding="utf-8")
    if results.interrupted:
        return _INTERRUPTED
    return 1 if results.failed else 0


def _make_room(path: Path) -> None:
    """Find out before the measurement, and not after it, whether its result can be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise PerceptionError(f"{path} cannot be written ({error.strerror}): choose another place") from error


def _told(args: argparse.Namespace) -> list[str]:
    """The options that shaped the measurement."""
    words = ["--quick"] if args.quick else []
    words += [f"--rounds {args.rounds}"] if args.rounds else []
    return words + [f"--compare {node}" for node in args.compare or ()]


def _show(line: str) -> None:
    print(f"\r\x1b[K{line}" if sys.stderr.isatty() else line, end="" if sys.stderr.isatty() else "\n", file=sys.stderr)
    sys.stderr.flush()
