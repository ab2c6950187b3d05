"""A scenario as it is in memory once it was loaded and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from emotion_perception.core.intents.phrasebook import Phrasebook
from emotion_perception.core.labels import LABELS
from emotion_perception.core.scenario.reading import Place

#: What a rule may wait for, and the values that it may have; None where they are of another kind.
EVENTS: Mapping[str, tuple[str, ...] | None] = {
    "person": ("known", "unknown", "anyone", "left"),
    "name": ("known",),
    "other": ("known", "unknown", "anyone", "nearer"),
    "emotion": LABELS,
    "heard": None,  # intents, and HEARD
    "silence": None,  # a time
    "speech": ("over",),
    "enrolment": ("done", "failed", "lost"),
    "forgetting": ("done", "failed"),
}

#: What can be heard beside intents: a person's name, a language's name, something without a meaning here.
HEARD = ("name", "language", "nonsense")

#: What a state or a rule may do beside speaking.
EFFECTS = ("greeted", "consent", "refuse", "asked", "enroll", "forget", "hush", "let_be", "switch_language")

#: Where a rule may go beside a state: into the present one anew.
AGAIN = "again"


@dataclass(frozen=True)
class Rule:
    """When ``event`` comes with one of ``values`` and ``condition`` holds: do, say, go.

    seconds: how long silence or an emotion lasts. above: the least probability of an emotion. condition: a Jinja
    expression, "" for none. say: key of a text or "". go: a state, AGAIN, or "" to stay.
    """

    event: str
    values: tuple[str, ...]
    seconds: float
    above: float
    condition: str
    do: tuple[str, ...]
    say: str
    go: str
    place: Place


@dataclass(frozen=True)
class State:
    """What is done and said when it is entered, and the rules that lead on, the first that applies first.

    anywhere: whether the scenario's rules for everywhere apply, after its own.
    """

    name: str
    do: tuple[str, ...]
    say: str
    rules: tuple[Rule, ...]
    anywhere: bool
    place: Place


@dataclass(frozen=True)
class Settings:
    """What holds for a whole scenario; times in seconds.

    greet_again_after: how long a greeting counts. left_after: how long nobody is seen before somebody has left.
    returns_within: how long somebody unknown may be out of sight and still be taken for the same person.
    identify_within: after which somebody whom identity has not decided about counts as unknown. react_again_after:
    the least time between two remarks on an emotion. understand_above: the least confidence of what is heard, 0..1.
    """

    greet_again_after: float = 1800.0
    left_after: float = 3.0
    returns_within: float = 20.0
    identify_within: float = 5.0
    react_again_after: float = 20.0
    understand_above: float = 0.3


@dataclass(frozen=True)
class Text:
    """What to say under a key in one language: Jinja templates that take turns, and where each of them begins."""

    variants: tuple[str, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Scenario:
    """A conversation.

    name: of its file. languages: BCP 47 tags it has texts for, the default first. start: where it begins; nobody is
    being talked to there. texts: by language, then key.
    phrasebooks: by language, what is understood.
    """

    name: str
    languages: tuple[str, ...]
    start: str
    states: Mapping[str, State]
    anywhere: tuple[Rule, ...]
    texts: Mapping[str, Mapping[str, Text]]
    phrasebooks: Mapping[str, Phrasebook]
    settings: Settings = field(default_factory=Settings)

    def rules(self, state: str) -> tuple[Rule, ...]:
        """All that can lead on from a state, the first that applies first.

        In the first state nobody is being talked to, so the rules for anywhere are not for it.
        """
        here = self.states[state]
        return here.rules + (self.anywhere if here.anywhere and state != self.start else ())
