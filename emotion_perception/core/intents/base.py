"""What every way to recognise an intent has in common."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Match:
    """An intent, how sure it is (0..1), and at which word of the utterance it begins."""

    intent: str
    score: float
    at: int = 0


class Matcher(Protocol):
    """Finds what an utterance means. Made for one language's phrases; the first matcher that finds anything decides."""

    def match(self, text: str, wanted: Collection[str]) -> list[Match]:
        """The intents among ``wanted`` that ``text`` holds, in the order in which they were said; [] for none."""
