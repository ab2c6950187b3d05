"""What every recogniser has in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Guess:
    """What was said. confidence: 0 to 1, NaN if the recogniser gives none. language: BCP 47 tag."""

    text: str
    confidence: float
    language: str


class Recognizer(Protocol):
    """Hears one utterance after the other: `start`, `feed` as often as sound comes, `finish`.

    Used by one thread. Models are loaded by the constructor.
    """

    @property
    def description(self) -> str:
        """Engine and model, in words for diagnostics."""
        ...

    def expect(self, language: str, phrases: Sequence[str], names: Sequence[str]) -> None:
        """Say what is likely to be said next; between utterances only.

        language: BCP 47 tag. phrases: lower case. names: of people, where one may be spoken; empty otherwise.
        Raises RecognitionError when the language is not understood; what was expected before still holds then.
        """
        ...

    def start(self) -> None:
        """Begin an utterance; one that was not finished is forgotten."""
        ...

    def feed(self, samples: NDArray[np.int16]) -> str | None:
        """Take (n,) int16 at 16 kHz. Returns what was said so far, or None when there is nothing new."""
        ...

    def finish(self) -> Guess | None:
        """End the utterance. Returns None when it was no speech that this recogniser understands."""
        ...


def base_language(tag: str) -> str:
    """Return "zh" of "zh-CN"."""
    return tag.lower().replace("_", "-").partition("-")[0]


def words_of(text: str) -> list[str]:
    """Return the words in lower case without punctuation: "I'm Anna-Maria!" -> i'm, anna, maria."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower().replace("\u2019", "'"))
