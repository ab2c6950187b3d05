"""Finds what was meant when it was said in other words, by a model of what sentences mean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.intents.base import Match, Matcher
from emotion_perception.core.intents.phrasebook import DECOYS

_ENOUGH = 0.6  # cosine of the angle between what was said and the nearest phrase
_AHEAD = 0.05  # by which the best intent has to beat the next one
_NEEDS_WORDS = frozenset({"yes", "no", DECOYS})  # consent is no matter of likeness

#: A sentence to a vector of length 1.
Encode = Callable[[str], NDArray[np.float32]]


class EmbeddingMatcher:
    """intents: name to phrases, each of which is encoded once."""

    def __init__(self, encode: Encode, intents: Mapping[str, Sequence[str]]) -> None:
        self._encode = encode
        self._phrases = {
            intent: np.stack([encode(phrase) for phrase in phrases])
            for intent, phrases in intents.items()
            if phrases and intent not in _NEEDS_WORDS
        }

    def match(self, text: str, wanted: Collection[str]) -> list[Match]:
        """The wanted intent with the phrase that is most alike, if it is alike enough and more so than any other."""
        vector = self._encode(text)
        alike = sorted(((float((rows @ vector).max()), intent) for intent, rows in self._phrases.items()), reverse=True)
        if not alike or alike[0][0] < _ENOUGH or alike[0][1] not in wanted:
            return []
        if len(alike) > 1 and alike[0][0] - alike[1][0] < _AHEAD:
            return []
        return [Match(alike[0][1], alike[0][0])]


class NoMatcher:
    """For the languages that a model does not know."""

    def match(self, text: str, wanted: Collection[str]) -> list[Match]:
        """Nothing."""
        return []


def by_meaning(encode: Encode, languages: Collection[str]) -> Callable[[str, Mapping[str, Sequence[str]]], Matcher]:
    """What Engine takes as ``further``: a matcher with this model for each of ``languages``."""

    def further(language: str, intents: Mapping[str, Sequence[str]]) -> Matcher:
        return EmbeddingMatcher(encode, intents) if language in languages else NoMatcher()

    return further
