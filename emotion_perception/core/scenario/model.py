"""A scenario as it is in memory once it was loaded and checked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """A conversation: its name, the languages it has texts for (BCP 47 tags, the default first), and its states."""

    name: str
    languages: tuple[str, ...]
