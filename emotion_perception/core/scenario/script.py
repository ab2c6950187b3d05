"""Renders what the robot says: the next variant of a text, in the language spoken, with what is known just now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from emotion_perception.core.errors import ScenarioError
from emotion_perception.core.scenario import templates
from emotion_perception.core.scenario.model import Rule, Scenario


class Script:
    """The texts and conditions of a scenario, compiled when they are first used."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._turns: dict[tuple[str, str], int] = {}
        self._template = cache(templates.compiled)
        self._condition: Callable[[str], Callable[[Mapping[str, Any]], bool]] = cache(templates.condition)
        self._words = {tag: templates.worder(book.expressions) for tag, book in scenario.phrasebooks.items()}

    def line(self, key: str, language: str, context: Mapping[str, Any]) -> str:
        """What to say; variants take turns. ScenarioError, naming file and line, if it cannot be rendered."""
        text = self._scenario.texts[language][key]
        turn = self._turns.get((language, key), 0) % len(text.variants)
        self._turns[language, key] = turn + 1
        try:
            return templates.rendered(self._template(text.variants[turn]), {**context, "word": self._words[language]})
        except templates.RENDER_ERRORS as error:
            raise ScenarioError(f"{text.places[turn]}: this text cannot be said just now: {error}") from error

    def holds(self, rule: Rule, language: str, context: Mapping[str, Any]) -> bool:
        """Whether a rule's condition holds. ScenarioError, naming file and line, if it cannot be evaluated."""
        if not rule.condition:
            return True
        try:
            return self._condition(rule.condition)({**context, "word": self._words[language]})
        except templates.RENDER_ERRORS as error:
            raise ScenarioError(
                f'{rule.place}: "if: {rule.condition}" cannot be evaluated just now: {error}'
            ) from error
