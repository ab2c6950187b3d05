"""The doctor's findings as lines for people, and as JSON for programs."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from emotion_perception.cli.doctor.finding import Finding, Level

_COLOURS = {Level.OK: "32", Level.NOTE: "33", Level.FAULT: "31"}
_LEVEL_WIDTH = max(len(level.name) for level in Level)
_TITLE_WIDTH = 16


def show(title: str, finding: Finding) -> None:
    """Print one line: level, what was looked at, the sentence; below it what to do, a command on a line of its own."""
    level = finding.level.name.lower().ljust(_LEVEL_WIDTH)
    if sys.stdout.isatty():
        level = f"\x1b[{_COLOURS[finding.level]}m{level}\x1b[0m"
    margin = " " * (_LEVEL_WIDTH + _TITLE_WIDTH + 2)
    _print(f"{level} {title.ljust(_TITLE_WIDTH)} {finding.sentence}", margin, _LEVEL_WIDTH - len(level))
    if finding.remedy:
        _print(f"{margin}-> {finding.remedy}{':' if finding.command else ''}", margin + "   ", 0)
    if finding.command:
        print(f"{margin}   {finding.command}")
    sys.stdout.flush()


def summary(levels: Iterable[Level]) -> str:
    """Return the last line."""
    found = list(levels)
    faults, notes = found.count(Level.FAULT), found.count(Level.NOTE)
    return f"{_count(faults, 'fault')}, {_count(notes, 'note')}"


def as_json(findings: Iterable[tuple[str, Finding]], more: Mapping[str, Any]) -> str:
    """Return {"healthy": …, "findings": [{check, level, sentence, remedy, command}]} and what is in ``more``."""
    rows = [
        {
            "check": name,
            "level": finding.level.name.lower(),
            "sentence": finding.sentence,
            "remedy": finding.remedy,
            "command": finding.command,
        }
        for name, finding in findings
    ]
    healthy = all(row["level"] != "fault" for row in rows)
    return json.dumps({"healthy": healthy, "findings": rows, **more}, indent=2, ensure_ascii=False)


def _print(text: str, margin: str, invisible: int) -> None:
    """Print a paragraph, folded on a terminal only: a log or a pipe gets one line."""
    if not sys.stdout.isatty():
        print(text)
        return
    width = shutil.get_terminal_size().columns - invisible
    print(textwrap.fill(text, width, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False))


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
