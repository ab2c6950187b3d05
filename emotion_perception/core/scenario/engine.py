"""Runs a scenario: events and time in, actions out. Never reads a clock, never touches a device."""

from __future__ import annotations

import math
from collections.abc import Sequence

from emotion_perception.core.errors import ScenarioError
from emotion_perception.core.intents.understanding import FurtherMatcher, Understanding, Understood
from emotion_perception.core.scenario.actions import Action
from emotion_perception.core.scenario.company import Company, Visitor
from emotion_perception.core.scenario.conversation import Occurrence
from emotion_perception.core.scenario.events import Enrolled, Forgotten, Heard, Outcome, Person, Spoken
from emotion_perception.core.scenario.memory import Memory
from emotion_perception.core.scenario.model import Scenario
from emotion_perception.core.scenario.stage import POLITE, Stage

_NEARER = 1.5  # times the partner's area, which is somebody a fifth nearer
_NEARER_FOR = 2.0  # seconds
_MOST_STEPS = 20  # rules in a row that wait for nothing, before the next event is awaited


class Engine:
    """One conversation after the other, by the rules of a scenario.

    Every method takes the time (``now``, seconds; since 1970, so that "today" is the calendar day) and returns what is
    to be done, in order. Call ``see`` for every array of faces, empty ones included, and ``tick`` when
    ``next_deadline`` has come. A clock that is set back costs no time: it goes on from there. One thread at a time.
    Each method raises ScenarioError, naming file and line, if a text or condition fails on what is just known.
    """

    def __init__(
        self, scenario: Scenario, *, language: str, memory: Memory, further: FurtherMatcher | None = None
    ) -> None:
        """language: BCP 47 tag that conversations begin in. Raises ScenarioError if the scenario has no texts in it.

        further: makes a matcher for what rules and fuzzy matching do not understand, such as an embedding model.
        """
        if language not in scenario.languages:
            raise ScenarioError(
                f'the scenario "{scenario.name}" has no texts in "{language}":'
                f" choose one of {', '.join(scenario.languages)}, or write {scenario.name}.{language}.yaml"
            )
        self._scenario = scenario
        self._language = language
        self._memory = memory
        native = {tag: book.native for tag, book in scenario.phrasebooks.items()}
        self._understanding = {tag: Understanding(book, native, further) for tag, book in scenario.phrasebooks.items()}
        self._running = False
        self._now = 0.0
        self._clock = 0.0  # as ``now``, but never goes back
        self._begin()

    def _begin(self) -> None:
        settings = self._scenario.settings
        self._company = Company(identify_within=settings.identify_within, returns_within=settings.returns_within)
        self._stage = Stage(self._scenario, self._language, self._memory)

    @property
    def state(self) -> str:
        """Name of the present state; "" before ``start`` and after ``stop``."""
        return self._stage.state if self._running else ""

    def start(self, now: float) -> list[Action]:
        """Enter the first state. Starting again begins anew; the memory stays."""
        hush = self._stage.silence() if self._running else []
        self._begin()
        self._now = self._clock = now
        self._running = True
        self._memory.prune(now, self._scenario.settings.greet_again_after)
        self._stage.time(now, self._clock, 0)
        self._stage.open()
        return hush + self._settle()

    def stop(self, now: float) -> list[Action]:
        """Fall silent and let go of everybody; until ``start`` every event is ignored."""
        if not self._running:
            return []
        self._advance(now)
        self._running = False
        actions = self._stage.close()
        self._begin()
        return actions

    def see(self, people: Sequence[Person], now: float) -> list[Action]:
        """Everybody in the picture just now."""
        if not self._running:
            return []
        self._advance(now)
        replaced = self._company.update(people, self._clock, self._stage.forgotten)
        self._stage.replace(replaced)
        self._advance(now)
        self._pass_time()
        self._stage.notice_name()
        self._stage.watch_emotions()
        if self._stage.quiet:
            self._meet()
        return self._settle()

    def hear(self, heard: Heard, now: float) -> list[Action]:
        """Somebody said something."""
        if not self._running or not heard.text.strip():
            return []
        self._advance(now)
        stage = self._stage
        wanted = stage.wanted()
        sure = math.isnan(heard.confidence) or heard.confidence >= self._scenario.settings.understand_above
        understood = self._understanding[stage.language].understand(heard.text, wanted) if sure else Understood()
        stage.hear(heard.text, understood)
        return self._settle()

    def done(self, outcome: Outcome, now: float) -> list[Action]:
        """Something that an action asked for is over."""
        if not self._running:
            return []
        self._advance(now)
        match outcome:
            case Spoken():
                self._stage.fell_silent(whole=not outcome.interrupted)
            case Enrolled():
                self._stage.enrolled(outcome)
            case Forgotten():
                self._stage.forgot(outcome)
        return self._settle()

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        if not self._running:
            return []
        self._advance(now)
        self._pass_time()
        return self._settle()

    def next_deadline(self) -> float | None:
        """When ``tick`` has to be called at the latest, on the clock of ``now``; None if nothing waits for time."""
        if not self._running:
            return None
        deadline = self._stage.deadline()
        return None if deadline == math.inf else self._now + max(0.0, deadline - self._clock)

    def _advance(self, now: float) -> None:
        self._clock += max(0.0, now - self._now)
        self._now = now
        partner = self._stage.partner
        others = sum(visitor is not partner for visitor in self._company.present())
        self._stage.time(now, self._clock, others)

    def _settle(self) -> list[Action]:
        """Follow what waits for nothing more than that the robot is silent, then hand out what is to be done."""
        for _ in range(_MOST_STEPS):
            if not self._stage.step():
                break
        return self._stage.actions()

    def _pass_time(self) -> None:
        self._stage.expire()
        partner = self._stage.partner
        if partner is not None and self._clock - partner.last_seen >= self._scenario.settings.left_after:
            self._stage.happen("person", Occurrence("left"))
        if self._stage.quiet:
            self._stage.notice_silence()

    def _meet(self) -> None:
        """Turn to the nearest person if nobody is talked to, else notice the others."""
        stage = self._stage
        for visitor in self._company.present():
            if stage.partner is None:
                status = ("known" if visitor.person_id else "unknown") if visitor.decided else ""
                if stage.happen("person", Occurrence(status, visitor)) or not visitor.decided:
                    return  # somebody farther away waits until it is decided who the nearest is
            elif visitor is not stage.partner and self._notice(visitor, stage.partner):
                return

    def _notice(self, visitor: Visitor, partner: Visitor) -> bool:
        """Somebody beside the person talked to: whether a rule followed."""
        if visitor.area < _NEARER * partner.area:
            visitor.nearer_since = math.inf
        elif visitor.nearer_since == math.inf:
            visitor.nearer_since = self._clock
        if self._clock - visitor.nearer_since >= _NEARER_FOR and self._stage.silent_for >= POLITE:
            visitor.nearer_since = math.inf
            if self._stage.happen("other", Occurrence("nearer", visitor)):
                return True
        if not visitor.decided or visitor.greeted or self._stage.greeted(visitor):
            return False
        if visitor.person_id and visitor.person_id == partner.person_id:
            return False
        status = "known" if visitor.person_id else "unknown"
        if not self._stage.happen("other", Occurrence(status, visitor)):
            return False
        strangers = [v for v in self._company.present() if v is not partner and v.decided and not v.person_id]
        for greeted in [visitor] if visitor.person_id else strangers:  # one greeting is for all strangers
            self._stage.note_greeting(greeted)
        return True
