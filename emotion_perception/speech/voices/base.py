"""What every voice does, and the sound it makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

#: BCP 47 tags of the languages that every voice but piper's speaks.
LANGUAGES = ("en", "el", "uk", "hu", "zh")


@dataclass(frozen=True, eq=False)
class Sound:
    """Sound of one channel.

    samples: (n,) int16. rate: samples per second.
    """

    samples: NDArray[np.int16]
    rate: int

    @classmethod
    def silence(cls, seconds: float, rate: int) -> Sound:
        """Return nothing to hear."""
        return cls(np.zeros(round(seconds * rate), np.int16), rate)

    @property
    def seconds(self) -> float:
        """How long it takes to play."""
        return len(self.samples) / self.rate


class Voice(Protocol):
    """Speaks texts; one thread at a time calls it.

    name: of the engine. notice: what a person should know before it speaks, e.g. that texts leave the machine; "" for
    nothing. rate: of most of its sounds, samples per second.
    """

    name: str
    notice: str
    rate: int

    def synthesize(self, text: str, language: str) -> Iterator[Sound]:
        """Yield the sound of the text, piece by piece, so that the first can be heard while others are made.

        text: as `text.speakable` returns it. language: BCP 47 tag, e.g. "en", "el", "zh-CN".
        Raises VoiceError, with one sentence, if it cannot speak it, or cannot speak it further.
        """
        ...

    def close(self) -> None:
        """Let go of what it works with."""
        ...
