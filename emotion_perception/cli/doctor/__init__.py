"""`emotion-perception doctor`: looks at this computer, or at a running robot, and says what is wrong and what helps."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from pathlib import Path
from typing import Any

from emotion_perception.cli.doctor import report, segments
from emotion_perception.cli.doctor.checks import CHECKS, examine
from emotion_perception.cli.doctor.checks.domain import lacks_middleware
from emotion_perception.cli.doctor.finding import Level, Settings
from emotion_perception.core.errors import PerceptionError


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `doctor` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "doctor",
        help="say what is wrong with this computer or a running robot, and what helps",
        description="Looks at what the robot needs on this computer; with --graph at a running robot, from outside. "
        "Each line is ok, a note, or a fault with a remedy. The exit code is 1 if there is a fault.",
    )
    parser.add_argument(
        "checks", nargs="*", metavar="CHECK", help=f"only these, to see whether a remedy helped: {', '.join(CHECKS)}"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--graph", action="store_true", help="look at the robot that runs on this domain")
    kind.add_argument("--clean", action="store_true", help="remove the shared memory that killed processes have left")
    parser.add_argument("--seconds", type=_seconds, default=3.0, help="how long --graph listens, 1 to 600 (default: 3)")
    parser.add_argument("--source", default="", metavar="URI", help="where frames are to come from, as with `run`")
    parser.add_argument(
        "--params-file", type=Path, action="append", default=[], metavar="YAML", help="of the robot; repeatable"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what ``args`` asks. Returns 0, or 1 if there is a fault."""
    unknown = [name for name in args.checks if name not in CHECKS]
    if unknown:
        raise PerceptionError(f'there is no check "{unknown[0]}": choose from {", ".join(CHECKS)}')
    if args.checks and (args.graph or args.clean):
        raise PerceptionError(f"--graph and --clean do one thing: leave out {args.checks[0]}")
    if args.clean:
        return _clean(as_json=args.json)
    settings = Settings(args.source, tuple(args.params_file), dict(os.environ))
    _prepare()
    rmw = settings.environment.get("RMW_IMPLEMENTATION", "")
    blind = bool(rmw) and lacks_middleware(rmw)
    if blind:
        del os.environ["RMW_IMPLEMENTATION"]  # its check says so; the others would end with this process
    if args.graph and not blind:
        from emotion_perception.cli.doctor.graph import look

        return look(args.seconds, json=args.json)
    findings = []
    for name in ("domain",) if args.graph else args.checks or CHECKS:
        finding = examine(name, settings)
        findings.append((name, finding))
        if not args.json:
            report.show(CHECKS[name], finding)
        if name == "python" and finding.level is Level.FAULT:
            break  # what the wrong Python says of the rest would mislead
    if args.json:
        print(report.as_json(findings, {}))
    else:
        print(report.summary(finding.level for _, finding in findings))
    return int(any(finding.level is Level.FAULT for _, finding in findings))


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 600:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number from 1 to 600')
    return value


def _prepare() -> None:
    """Give this process the environment that all our commands have; where that fails, a check says why."""
    with contextlib.suppress(ImportError, FileNotFoundError):
        from emotion_perception.ros.environment import prepare_environment

        prepare_environment()


def _clean(*, as_json: bool) -> int:
    """Remove what dead processes have left in shared memory, and nothing else."""
    removed, kept = [], 0
    for leftover in segments.find_leftovers():
        try:
            if segments.remove(leftover):
                removed.append(leftover)
        except PermissionError:
            kept += 1
    size = sum(each.size for each in removed)
    if as_json:
        print(json.dumps({"removed": [each.name for each in removed], "bytes": size, "kept": kept}))
    else:
        print(f"removed {len(removed)} segments and ports of killed processes, {size / 1e6:.0f} MB")
        if kept:
            print(f"{kept} belong to other users: run it with sudo to remove them too")
    return int(kept > 0)
