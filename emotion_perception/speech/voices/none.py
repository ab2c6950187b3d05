"""No voice: for robots that show what they say, or that another program speaks for."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_perception.speech.voices.base import Sound
from emotion_perception.speech.voices.text import pieces

_LETTERS_A_SECOND = 15.0  # of English at espeak's pace
_SYLLABLES_A_SECOND = 5.0  # of Chinese, which writes one character for each
_FIRST_IDEOGRAM = "\u2e80"


class NoVoice:
    """Takes about the time that speaking would, silently."""

    name = "none"
    notice = ""
    rate = 8000

    def synthesize(self, text: str, language: str) -> Iterator[Sound]:
        """Yield silence."""
        for piece in pieces(text):
            ideograms = sum(character >= _FIRST_IDEOGRAM for character in piece)
            seconds = ideograms / _SYLLABLES_A_SECOND + (len(piece) - ideograms) / _LETTERS_A_SECOND
            yield Sound.silence(seconds, self.rate)

    def close(self) -> None:
        """Do nothing."""
