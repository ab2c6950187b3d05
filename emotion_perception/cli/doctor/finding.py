"""What a check of the doctor finds: one sentence, and what to do about it.

Like everything that the doctor loads first, this module needs nothing but a Python (3.9 or later): a computer where
the wrong Python runs, or where libraries are missing, is one that needs a doctor.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class Level(enum.IntEnum):
    """How much a finding matters. Only a fault makes `emotion-perception doctor` fail."""

    OK = 0
    NOTE = 1
    FAULT = 2


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    sentence: what is there or wrong. remedy: what to do, in words. command: what to paste into a shell, if that helps.
    """

    level: Level
    sentence: str
    remedy: str = ""
    command: str = ""


@dataclass(frozen=True)
class Settings:
    """What the user tells the doctor about the robot.

    source: where its frames are to come from, as `emotion-perception run --source`; "" takes camera.source of the
        parameter files, or else its default.
    params_files: its parameter files.
    environment: the variables as the shell had them, before ours were added.
    """

    source: str
    params_files: tuple[Path, ...]
    environment: Mapping[str, str]


def ok(sentence: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(Level.OK, sentence)


def note(sentence: str, remedy: str = "", *, command: str = "") -> Finding:
    """Return a finding that some will want to act on."""
    return Finding(Level.NOTE, sentence, remedy, command)


def fault(sentence: str, remedy: str, *, command: str = "") -> Finding:
    """Return a finding that must be put right before the robot works."""
    return Finding(Level.FAULT, sentence, remedy, command)
