from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emotion_perception.core.scenario import templates
from emotion_perception.core.scenario.engine import Engine
from emotion_perception.core.scenario.loading import load_scenario
from emotion_perception.core.scenario.memory import Memory
from emotion_perception.core.scenario.model import Scenario
from emotion_perception.core.scenario.rehearsal import Rehearsal

NOON = 86400.0 * 365 + 43200


class Play(Rehearsal):
    """A rehearsal of the default scenario that knows which texts were said."""

    def __init__(self, scenario: Scenario, language: str, memory: Memory) -> None:
        super().__init__(Engine(scenario, language=language, memory=memory), now=NOON)
        self.scenario = scenario
        self.memory = memory
        self.texts: list[str] = []

    def said(self) -> list[str]:
        """What the robot said since this was last asked."""
        return [line.text for line in self.take() if line.who == "robot"]

    def answer(self, text: str) -> str:
        """Say something, and return what the robot says to it, as one text."""
        self.take()
        self.say(text)
        self.settle()
        return " ".join(self.said())

    def line(self, key: str, turn: int = 0, **context: Any) -> str:
        """A text of the scenario, in the language spoken."""
        language = self.report.language
        defaults = {name: values[0] for name, (_, values) in templates.VARIABLES.items()}
        word = templates.worder(self.scenario.phrasebooks[language].expressions)
        variant = self.scenario.texts[language][key].variants[turn]
        return templates.rendered(templates.compiled(variant), {**defaults, "word": word, **context})


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return load_scenario("greet_and_react")


@pytest.fixture
def play(scenario: Scenario) -> Callable[..., Play]:
    return lambda language="en", memory=None: Play(scenario, language, memory or Memory())
