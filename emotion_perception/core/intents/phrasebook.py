"""What people say in one language: the phrases of each intent, how they give their name, what languages are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from emotion_perception.core.intents.tokens import spoken

#: Phrases that contain an intent's phrase and mean something else ("no idea"); never heard as an intent.
DECOYS = "decoys"

_SPOKEN_PATTERNS = 2  # of those that give a name, how many are expected with each common name


@dataclass(frozen=True)
class NameRules:
    """How names are given.

    patterns: phrases around "{name}", which may have an ending attached ("{name}nak hívnak"). never: words that are no
    name after a pattern ("I'm fine"). stops: words that end a name ("and", "please"). vowels: the last letter of a name
    before an ending, by what the ending made of it (Hungarian "Annának": á was a). common: given names, as written.
    """

    patterns: tuple[str, ...] = ()
    never: frozenset[str] = frozenset()
    stops: frozenset[str] = frozenset()
    vowels: Mapping[str, str] | None = None
    common: tuple[str, ...] = ()


@dataclass(frozen=True)
class Phrasebook:
    """language: BCP 47 tag. intents: name to phrases, DECOYS among them. languages: tag to what it is called here.

    ask_language: phrases around "{language}" that ask for another one; native: how speakers of this language ask for it
    by itself, understood in every other language too. expressions: by label, what the robot calls them. negations:
    words beside which a yes is none, unless they belong to its phrase ("no problem").
    """

    language: str
    intents: Mapping[str, tuple[str, ...]]
    names: NameRules
    languages: Mapping[str, tuple[str, ...]]
    ask_language: tuple[str, ...]
    native: tuple[str, ...]
    expressions: Mapping[str, str]
    negations: tuple[str, ...] = ()

    def with_intents(self, added: Mapping[str, tuple[str, ...]]) -> Phrasebook:
        """The same with a scenario's own intents; one that is here already is replaced."""
        return replace(self, intents={**self.intents, **added})

    def expected(self, heard: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Phrases and names to listen for while ``heard`` (intents, "name", "language") leads on, as spoken."""
        phrases = [phrase for intent, phrases in self.intents.items() if intent in heard for phrase in phrases]
        if "language" in heard:
            called = [names[0] for names in self.languages.values() if names]
            phrases += [pattern.format(language=name) for pattern in self.ask_language for name in called]
        names = self.names.common if "name" in heard else ()
        patterns = [pattern for pattern in self.names.patterns if "{name} " in f"{pattern} "][:_SPOKEN_PATTERNS]
        phrases += [pattern.format(name=name) for pattern in patterns for name in names]
        return tuple(dict.fromkeys(spoken(phrase) for phrase in phrases)), names
