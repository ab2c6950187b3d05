"""Turns a scenario into a state machine of the library transitions: one transition per rule, tried in their order."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

from transitions import EventData, Machine

from emotion_perception.core.scenario.conversation import Occurrence
from emotion_perception.core.scenario.model import AGAIN, Rule, Scenario

_PREFIX = "happens_"  # of the triggers that the library adds to its model


class Player(Protocol):
    """Who decides whether a rule applies, and does what it says."""

    def applies(self, rule: Rule, occurrence: Occurrence) -> bool:
        """Whether the occurrence is what the rule waits for, and its condition holds."""

    def follow(self, rule: Rule, occurrence: Occurrence) -> None:
        """Do and say what the rule says; called before the state changes."""

    def enter(self, state: str, before: str) -> None:
        """A state was entered from another one, or from itself."""


class StateMachine:
    """The present state, and the rules that lead on from it."""

    def __init__(self, scenario: Scenario, player: Player) -> None:
        self._player = player
        self._model = _Model()
        self._machine = Machine(
            self._model,
            states=list(scenario.states),
            initial=scenario.start,
            auto_transitions=False,
            send_event=True,
            after_state_change=self._entered,
        )
        self._awaited = set()
        for name in scenario.states:
            for rule in scenario.rules(name):
                self._awaited.add((name, rule.event))
                self._machine.add_transition(
                    _PREFIX + rule.event,
                    name,
                    {"": None, AGAIN: "="}.get(rule.go, rule.go),
                    conditions=partial(self._applies, rule),
                    before=partial(self._follow, rule),
                )

    @property
    def state(self) -> str:
        """Name of the present state."""
        return str(self._model.state)

    def reset(self, state: str) -> None:
        """Be in a state, without entering it."""
        self._machine.set_state(state)

    def happen(self, event: str, occurrence: Occurrence) -> bool:
        """Follow the first rule that applies. Returns whether one did."""
        awaited = (self.state, event) in self._awaited
        return awaited and bool(self._model.trigger(_PREFIX + event, occurrence=occurrence))

    def _applies(self, rule: Rule, event: EventData) -> bool:
        return self._player.applies(rule, event.kwargs["occurrence"])

    def _follow(self, rule: Rule, event: EventData) -> None:
        self._player.follow(rule, event.kwargs["occurrence"])

    def _entered(self, event: EventData) -> None:
        followed = event.transition
        if followed is not None and followed.dest is not None:  # a rule without "go" stays where it is
            self._player.enter(str(followed.dest), str(followed.source))


class _Model:
    """What the library writes its state and triggers on."""

    state: str
    trigger: Any
