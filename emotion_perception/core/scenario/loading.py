"""Reads a scenario and what belongs to it, and checks all of it before anybody is greeted."""

from __future__ import annotations

from pathlib import Path

from emotion_perception.core.scenario.model import Scenario


def load_scenario(scenario: str | Path) -> Scenario:
    """Load a scenario by its path, or by the name of one that comes with the package ("greet_and_react").

    Raises ScenarioError, whose message has one line per fault, each with its file and line.
    """
    raise NotImplementedError


def scenario_names() -> tuple[str, ...]:
    """Names of the scenarios that come with the package."""
    raise NotImplementedError
