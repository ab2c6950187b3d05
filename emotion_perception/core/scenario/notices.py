"""What listeners are told about a conversation: where it is, and what would be understood now."""

from __future__ import annotations

from collections.abc import Collection

from emotion_perception.core.scenario.actions import Action, Expect, Report
from emotion_perception.core.scenario.company import Visitor
from emotion_perception.core.scenario.model import Scenario
from emotion_perception.core.scenario.requests import Requests


class Notices:
    """Tells each thing once, when it changes."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._expectations: dict[tuple[str, str], Expect] = {}
        self._last: tuple[Action, ...] = ()

    def take(self, state: str, partner: Visitor | None, language: str, requests: Requests) -> list[Action]:
        """What has changed since this was last asked."""
        report = Report(
            state,
            partner.face.face_id if partner is not None else "",
            partner.person_id if partner is not None else "",
            partner.name if partner is not None else "",
            language,
            self._waiting_for(state, requests),
        )
        expect = self._expect(state, language)
        actions: tuple[Action, ...] = (report, expect)
        before, self._last = self._last, actions
        return [action for action in actions if action not in before]

    def wanted(self, state: str) -> Collection[str]:
        """What can be heard in a state."""
        return {value for rule in self._scenario.rules(state) if rule.event == "heard" for value in rule.values}

    def _expect(self, state: str, language: str) -> Expect:
        key = (state, language)
        if key not in self._expectations:
            book = self._scenario.phrasebooks[language]
            self._expectations[key] = Expect(language, *book.expected(frozenset(self.wanted(state))))
        return self._expectations[key]

    def _waiting_for(self, state: str, requests: Requests) -> str:
        if requests.pending:
            return "enrolment" if requests.enrolling else "forgetting"
        if "name" in self.wanted(state):
            return "name"
        events = {rule.event for rule in self._scenario.rules(state)}
        words = (("speech", "speech"), ("heard", "answer"), ("person", "person"))
        return next((word for event, word in words if event in events), "time")
