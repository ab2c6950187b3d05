"""Runs a scenario: events and time in, actions out. Never reads a clock, never touches a device."""

from __future__ import annotations

from collections.abc import Sequence

from emotion_perception.core.scenario.actions import Action
from emotion_perception.core.scenario.events import Heard, Outcome, Person
from emotion_perception.core.scenario.memory import Memory
from emotion_perception.core.scenario.model import Scenario


class Engine:
    """One conversation after the other, by the rules of a scenario.

    Every method takes the time (``now``, seconds; since 1970, so that "today" is the calendar day) and returns what is
    to be done, in order. Call ``see`` for every array of faces, empty ones included, and ``tick`` when
    ``next_deadline`` has come. One thread at a time.
    """

    def __init__(self, scenario: Scenario, *, language: str, memory: Memory) -> None:
        """language: BCP 47 tag that conversations begin in. Raises ScenarioError if the scenario has no texts in it."""
        raise NotImplementedError

    @property
    def state(self) -> str:
        """Name of the present state; "" before ``start`` and after ``stop``."""
        raise NotImplementedError

    def start(self, now: float) -> list[Action]:
        """Enter the first state. Starting again begins anew; the memory stays."""
        raise NotImplementedError

    def stop(self, now: float) -> list[Action]:
        """Fall silent and let go of everybody; until ``start`` every event is ignored."""
        raise NotImplementedError

    def see(self, people: Sequence[Person], now: float) -> list[Action]:
        """Everybody in the picture just now."""
        raise NotImplementedError

    def hear(self, heard: Heard, now: float) -> list[Action]:
        """Somebody said something."""
        raise NotImplementedError

    def done(self, outcome: Outcome, now: float) -> list[Action]:
        """Something that an action asked for is over."""
        raise NotImplementedError

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        raise NotImplementedError

    def next_deadline(self) -> float | None:
        """When ``tick`` has to be called at the latest, on the clock of ``now``; None if nothing waits for time."""
        raise NotImplementedError
