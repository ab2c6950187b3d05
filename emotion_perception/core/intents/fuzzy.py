"""Finds a phrase that was misheard or mistyped a little."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rapidfuzz import fuzz

from emotion_perception.core.intents.base import Match
from emotion_perception.core.intents.tokens import plain

_ENOUGH = 82.0  # of 100: one wrong letter in six
_AHEAD = 6.0  # by which the best intent has to beat the next one
_SHORTEST = 5  # letters; a shorter word is too easily another one ("no", "now")
_SHORTEST_CHINESE = 3


class FuzzyMatcher:
    """intents: name to phrases; compares whole utterances, by the normalised edit distance of letters."""

    def __init__(self, intents: Mapping[str, Sequence[str]]) -> None:
        self._phrases = [
            (" ".join(words), intent)
            for intent, phrases in intents.items()
            for phrase in phrases
            if _long_enough(words := plain(phrase))
        ]

    def match(self, text: str, wanted: Collection[str]) -> list[Match]:
        """The wanted intent with the nearest phrase, if it is near enough and clearly nearer than any other intent."""
        words = plain(text)
        if not _long_enough(words):
            return []
        said = " ".join(words)
        best: dict[str, float] = {}
        for phrase, intent in self._phrases:
            best[intent] = max(best.get(intent, 0.0), fuzz.ratio(said, phrase, score_cutoff=_ENOUGH - _AHEAD))
        ordered = sorted(((score, intent) for intent, score in best.items()), reverse=True)
        if not ordered or ordered[0][0] < _ENOUGH or ordered[0][1] not in wanted:
            return []
        if len(ordered) > 1 and ordered[0][0] - ordered[1][0] < _AHEAD:
            return []
        return [Match(ordered[0][1], ordered[0][0] / 100)]


def _long_enough(words: tuple[str, ...]) -> bool:
    letters = "".join(words)
    return len(letters) >= (_SHORTEST if letters[:1] < "\u3400" else _SHORTEST_CHINESE)
