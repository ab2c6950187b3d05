"""What a sweep varies: values of a recipe to choose from, or ranges of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_perception.core.errors import TrainingError
from emotion_perception.training.recipes import Recipe, option_kind

_TRUTH = {"true": True, "false": False}
#: From this ratio of a range's ends on, values are drawn evenly by their logarithm.
_WIDE = 10


@dataclass(frozen=True)
class Choices:
    """These values."""

    values: tuple[Any, ...]

    @property
    def limits(self) -> tuple[Any, ...]:
        """What a recipe has to take, so that it takes all."""
        return self.values

    def draw(self, generator: np.random.Generator) -> Any:
        """Choose one."""
        return self.values[int(generator.integers(len(self.values)))]


@dataclass(frozen=True)
class Range:
    """From low to high, both included; log: drawn evenly by the logarithm."""

    low: float
    high: float
    whole: bool

    @property
    def limits(self) -> tuple[Any, ...]:
        """What a recipe has to take, so that it takes all."""
        return self.low, self.high

    @property
    def log(self) -> bool:
        """Whether it spans so much that the logarithm counts."""
        return self.low > 0 and self.high / self.low >= _WIDE

    def draw(self, generator: np.random.Generator) -> Any:
        """Draw a value, of three significant digits."""
        if self.log:
            value = float(np.exp(generator.uniform(np.log(self.low), np.log(self.high))))
        else:
            value = float(generator.uniform(self.low, self.high))
        value = min(self.high, max(self.low, float(f"{value:.3g}")))
        return round(value) if self.whole else value


#: Option of a recipe to what it may be, in the order that was given.
Space = Mapping[str, Choices | Range]


def read_space(texts: Sequence[str], recipe: Recipe) -> Space:
    """Read "learning_rate=0.01,0.1" (choices) or "learning_rate=0.001..0.1" (a range), each for one option.

    TrainingError for an option that a recipe does not have, or a value that it does not take.
    """
    space: dict[str, Choices | Range] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        name = name.replace("-", "_")
        if name not in vars(recipe) or name == "about" or option_kind(name) is tuple:
            raise TrainingError(f'"{name}" cannot be varied: name an option of a recipe (`train --help` lists them).')
        if not equals or not values:
            raise TrainingError(f'"{text}" says no values: write {name}=A,B,C or, for a range, {name}=A..B.')
        space[name] = _read(name, values)
        for value in space[name].limits:
            recipe.but(**{name: value})  # says so if the recipe does not take it
    return space


def grid(space: Space) -> list[dict[str, Any]]:
    """Every combination; TrainingError if there is a range, which has no end of values."""
    ranges = [name for name, values in space.items() if isinstance(values, Range)]
    if ranges:
        raise TrainingError(f'"{ranges[0]}" is a range, which has no grid: list values, or give --random N.')
    values = [each.values for each in space.values() if isinstance(each, Choices)]
    return [dict(zip(space, combination, strict=True)) for combination in itertools.product(*values)]


def at_random(space: Space, count: int, seed: int) -> list[dict[str, Any]]:
    """``count`` combinations, drawn at random; the same for the same seed."""
    generator = np.random.default_rng(seed)
    return [{name: values.draw(generator) for name, values in space.items()} for _ in range(count)]


def _read(name: str, text: str) -> Choices | Range:
    kind = option_kind(name)
    low, dots, high = text.partition("..")
    if dots and kind in (int, float):
        ends = _value(name, kind, low), _value(name, kind, high)
        if not ends[0] < ends[1]:
            raise TrainingError(f'"{name}" goes from {low} to {high}: write the lower end first.')
        return Range(*ends, whole=kind is int)
    return Choices(tuple(dict.fromkeys(_value(name, kind, each) for each in text.split(","))))


def _value(name: str, kind: type, text: str) -> Any:
    text = text.strip()
    try:
        if kind is bool:
            return _TRUTH[text.lower()]
        return kind(text)
    except (KeyError, ValueError) as error:
        words = {bool: "true or false", int: "a whole number", float: "a number"}
        raise TrainingError(f'"{name}" cannot be "{text}": give {words[kind]}.') from error
