"""Finds phrases word by word, the longer one first: "of course not" is no "of course"."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from emotion_perception.core.intents.base import Match
from emotion_perception.core.intents.tokens import plain

#: A single word counts at the beginning, or among this many words at most: "no" is no answer deep in a long sentence.
_FEW_WORDS = 5


class RuleMatcher:
    """intents: name to phrases."""

    def __init__(self, intents: Mapping[str, Sequence[str]]) -> None:
        self._phrases: dict[tuple[str, ...], str] = {}
        for intent, phrases in intents.items():
            for phrase in phrases:
                self._phrases.setdefault(plain(phrase), intent)
        self._phrases.pop((), None)
        self._longest = max(map(len, self._phrases), default=0)

    def match(self, text: str, wanted: Collection[str]) -> list[Match]:
        """Every wanted intent whose phrase occurs and is no part of a longer phrase, in the order of the words."""
        words = plain(text)
        found: dict[str, Match] = {}
        for intent, at, length in self._occurrences(words):
            if intent in wanted and (length > 1 or at == 0 or len(words) <= _FEW_WORDS):
                known = found.get(intent)
                if known is None or at < known.at:
                    found[intent] = Match(intent, 1.0, at)
        return sorted(found.values(), key=lambda match: match.at)

    def outside(self, text: str, intent: str) -> set[str]:
        """The words that belong to no phrase, or to one of ``intent``."""
        words = plain(text)
        rest = list(words)
        for found, at, length in self._occurrences(words):
            if found != intent:
                rest[at : at + length] = [""] * length
        return {word for word in rest if word}

    def _occurrences(self, words: tuple[str, ...]) -> Iterator[tuple[str, int, int]]:
        """Intent, first word and number of words of each phrase, the longest first; no word belongs to two."""
        taken = [False] * len(words)
        for length in range(min(self._longest, len(words)), 0, -1):
            for at in range(len(words) - length + 1):
                intent = self._phrases.get(words[at : at + length])
                if intent is not None and not any(taken[at : at + length]):
                    taken[at : at + length] = [True] * length
                    yield intent, at, length
