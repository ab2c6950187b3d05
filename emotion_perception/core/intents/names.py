"""Takes a person's name out of what they say: "my name is Anna", "Annának hívnak", or just "Anna"."""

from __future__ import annotations

import re

from emotion_perception.core.intents.phrasebook import NameRules
from emotion_perception.core.intents.tokens import Token, plain, tokens

_MOST_WORDS = 3
_MOST_CHARACTERS = 4  # of a Chinese name
_LONGEST = 40
_SLOT = "{name}"


class NameFinder:
    """Finds names by the rules of a language."""

    def __init__(self, rules: NameRules) -> None:
        self._rules = rules
        self._never = frozenset(word for entry in rules.never for word in plain(entry))
        self._stops = frozenset(word for entry in rules.stops for word in plain(entry))
        self._common = {plain(name): name for name in rules.common}
        self._patterns = sorted(map(_parse, rules.patterns), key=lambda pattern: -len(pattern[0]) - len(pattern[2]))

    def given(self, text: str) -> str:
        """The name in a sentence that gives one, or ""."""
        words = tokens(text)
        for before, ending, after in self._patterns:
            for at in range(len(words) + 1):
                name = self._at(words, at, before, ending, after)
                if name:
                    return name
        return ""

    def bare(self, text: str) -> str:
        """The name that the whole utterance is, or ""; only asked where a name was asked for."""
        words = tokens(text)
        name = self._name(list(words))
        return name if name and len(self._run(words)) == len(words) else ""

    def _at(
        self, words: tuple[Token, ...], at: int, before: tuple[str, ...], ending: str, after: tuple[str, ...]
    ) -> str:
        """The name if the words before the slot begin at ``at``."""
        start = at + len(before)
        if tuple(word.plain for word in words[at:start]) != before:
            return ""
        if not ending and not after:
            return self._name(self._run(words[start:]))
        if not before:  # the name stands before the words; only one that begins the sentence is safe
            start = 0
        for end in range(start + 1, min(len(words), start + _MOST_CHARACTERS) + 1):
            if tuple(word.plain for word in words[end : end + len(after)]) == after:
                run = list(words[start:end])
                bare = self._without(run[-1], ending)
                if bare is None:
                    continue
                return self._name([*run[:-1], bare])
        return ""

    def _without(self, word: Token, ending: str) -> Token | None:
        """The word without its ending, None if it has another one."""
        if not ending:
            return word
        if not word.plain.endswith(ending) or len(word.plain) <= len(ending) + 1:
            return None
        written = word.written[: -len(ending)]
        original = (self._rules.vowels or {}).get(written[-1:])
        if original and self._common.get(plain(written), "") != written:
            written = written[:-1] + original
        return Token(written, plain(written)[0])

    def _run(self, words: tuple[Token, ...]) -> list[Token]:
        """The words from the first on that may belong to a name."""
        run: list[Token] = []
        for word in words:
            chinese = word.written[0] >= "\u3400"
            if word.plain in self._stops or (run and chinese != (run[-1].written[0] >= "\u3400")):
                break
            if len(run) == (_MOST_CHARACTERS if chinese else _MOST_WORDS):
                return []  # longer than a name
            run.append(word)
        return run

    def _name(self, words: list[Token]) -> str:
        """The words as a name, "" if they cannot be one."""
        if not words or any(word.plain in self._never or not re.search(r"[^\W\d_]", word.written) for word in words):
            return ""
        if any(character.isdigit() for word in words for character in word.written):
            return ""
        joint = "" if words[0].written[0] >= "\u3400" else " "
        written = joint.join(self._common.get((word.plain,)) or _capital(word.written) for word in words)
        return written if len(written) <= _LONGEST else ""


def _parse(pattern: str) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Words before the slot, the ending attached to it, words after it."""
    before, _, after = pattern.partition(_SLOT)
    ending = "" if not after or after[0] == " " else after.split(" ", 1)[0]
    if ending and ending[0] >= "\u3400":  # Chinese is written without spaces: words, no ending
        ending = ""
    return plain(before), "".join(plain(ending)), plain(after[len(ending) :])


def _capital(word: str) -> str:
    """As a name is written: recognisers give lower case; "McCoy" stays."""
    return word if word != word.lower() and word != word.upper() else "-".join(p.capitalize() for p in word.split("-"))
