"""Everything that can be understood of an utterance, by one language's phrasebook."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from emotion_perception.core.intents.base import Match, Matcher
from emotion_perception.core.intents.fuzzy import FuzzyMatcher
from emotion_perception.core.intents.names import NameFinder
from emotion_perception.core.intents.phrasebook import DECOYS, Phrasebook
from emotion_perception.core.intents.rules import RuleMatcher
from emotion_perception.core.intents.tokens import plain

#: Makes a further matcher out of a language and its phrases (an embedding model), asked when the others find nothing.
FurtherMatcher = Callable[[str, Mapping[str, Sequence[str]]], Matcher]

_NATIVE = "native:"  # before the tag of a language that was asked for in its own words


@dataclass(frozen=True)
class Understood:
    """intents: what was meant, in the order it was said. name: that was given, or "". language: asked for, or "".

    sentence: whether the name came in a sentence that gives one, rather than being all that was said.
    """

    intents: tuple[str, ...] = ()
    name: str = ""
    language: str = ""
    sentence: bool = False


class Understanding:
    """Understands one language.

    native: by tag, how speakers of other languages ask for theirs. further: see FurtherMatcher.
    """

    def __init__(
        self, book: Phrasebook, native: Mapping[str, Sequence[str]] | None = None, further: FurtherMatcher | None = None
    ) -> None:
        asked = {
            _NATIVE + tag: [pattern.format(language=name) for pattern in book.ask_language for name in names]
            for tag, names in book.languages.items()
        }
        for tag, own in (native or {}).items():
            asked[_NATIVE + tag] = [*asked.get(_NATIVE + tag, []), *own]
        self._languages = frozenset(asked)
        phrases: dict[str, Sequence[str]] = {**book.intents, **asked}
        self._everything = frozenset(phrases)
        self._intents = frozenset(book.intents) - {DECOYS}
        self._rules = RuleMatcher(phrases)
        self._matchers: list[Matcher] = [self._rules, FuzzyMatcher(phrases)]
        if further is not None:
            self._matchers.append(further(book.language, phrases))
        self._names = NameFinder(book.names)
        self._negations = frozenset(word for entry in book.negations for word in plain(entry))

    def understand(self, text: str, wanted: Collection[str]) -> Understood:
        """What ``text`` means where ``wanted`` (intents, "name", "language") would lead on.

        Yes and no at once are neither: nobody can tell which one counts. Nor is a yes beside a negation ("that's not
        fine at all"): agreeing has to be clear.
        """
        intents = self._intents.intersection(wanted)
        among = intents | self._languages if "language" in wanted else intents
        name, sentence = self._names.given(text), True
        # What looks like a question and gives a name is no question: 我的名字是什么, 我的名字是王芳.
        found = self._matchers[0].match(text, among) if name else self._match(text, among)
        said = {match.intent for match in found}
        if "yes" in said and ("no" in said or not self._negations.isdisjoint(self._rules.outside(text, "no"))):
            found = [match for match in found if match.intent not in ("yes", "no")]
        if not name and "name" in wanted and not self._match(text, self._everything):
            name, sentence = self._names.bare(text), False
        languages = [match.intent for match in found if match.intent in self._languages]
        return Understood(
            tuple(match.intent for match in found if match.intent not in self._languages),
            name,
            languages[0].removeprefix(_NATIVE) if languages else "",
            bool(name) and sentence,
        )

    def _match(self, text: str, wanted: Collection[str]) -> list[Match]:
        for matcher in self._matchers:
            found = matcher.match(text, self._everything)
            if found:  # perhaps a decoy: then nothing less sure is asked
                return [match for match in found if match.intent in wanted]
        return []
