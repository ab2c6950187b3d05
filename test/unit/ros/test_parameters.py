from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import pytest

from emotion_perception.core.errors import ParameterError
from emotion_perception.nodes import NODES
from emotion_perception.ros.parameters import NodeParameters, allowed, checked, parameter


@dataclass(frozen=True)
class Sample(NodeParameters):
    share: float = parameter(0.5, "A share.", low=0.0, high=1.0)
    threads: int = parameter(1, "Threads.", low=1)
    backend: str = parameter("fast", "A backend.", choices=("fast", "", "good"))
    topic: str = parameter("", "A text.")
    loop: bool = parameter(False, "A switch.")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("share", 1.5, "parameter share is 1.5, which is out of range: give 0.0 to 1.0 (default: 0.5)"),
        ("share", -1e-9, "parameter share is -1e-09, which is out of range: give 0.0 to 1.0 (default: 0.5)"),
        ("share", 2, "parameter share is 2.0, which is out of range: give 0.0 to 1.0 (default: 0.5)"),
        ("share", float("nan"), "parameter share is nan, which is out of range: give 0.0 to 1.0 (default: 0.5)"),
        ("share", float("inf"), "parameter share is inf, which is out of range: give 0.0 to 1.0 (default: 0.5)"),
        ("share", "much", "parameter share is 'much', which is not a number: give 0.0 to 1.0 (default: 0.5)"),
        ("share", True, "parameter share is True, which is not a number: give 0.0 to 1.0 (default: 0.5)"),
        ("share", None, "parameter share is None, which is not a number: give 0.0 to 1.0 (default: 0.5)"),
        ("threads", 0, "parameter threads is 0, which is out of range: give 1 or more (default: 1)"),
        ("threads", 1.0, "parameter threads is 1.0, which is not a whole number: give 1 or more (default: 1)"),
        ("threads", True, "parameter threads is True, which is not a whole number: give 1 or more (default: 1)"),
        (
            "backend",
            "best",
            "parameter backend is 'best', which is out of range: give fast, \"\", good (default: 'fast')",
        ),
        ("topic", 5, "parameter topic is 5, which is not a text: give a text (default: '')"),
        ("topic", ["a"], "parameter topic is ['a'], which is not a text: give a text (default: '')"),
        ("loop", 1, "parameter loop is 1, which is not true or false: give true or false (default: False)"),
        ("loop", "yes", "parameter loop is 'yes', which is not true or false: give true or false (default: False)"),
        (
            "autostart",
            "no",
            "parameter autostart is 'no', which is not true or false: give true or false (default: True)",
        ),
    ],
)
def test_a_bad_value_is_refused_in_a_sentence_with_its_name_value_and_range(name: str, value: Any, said: str) -> None:
    with pytest.raises(ParameterError) as error:
        checked(Sample, name, value)
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("name", "value"),
    [("share", 0.0), ("share", 1.0), ("threads", 1), ("threads", 10**9), ("backend", ""), ("loop", True)],
)
def test_values_up_to_the_bounds_are_taken_as_they_are(name: str, value: Any) -> None:
    taken = checked(Sample, name, value)
    assert (taken, type(taken)) == (value, type(value))


def test_a_whole_number_is_taken_for_a_float() -> None:
    taken = checked(Sample, "share", 1)
    assert (taken, type(taken)) == (1.0, float)


@pytest.mark.parametrize("name", NODES)
def test_every_default_of_every_node_is_allowed_and_described(name: str) -> None:
    from emotion_perception.nodes import node_class

    kind = node_class(name).PARAMETERS
    for each in fields(kind):
        assert checked(kind, each.name, each.default) == each.default
        assert each.metadata["description"].endswith((".", ":", "none", "synthetic:")), each.name
        if type(each.default) in (int, float):
            assert allowed(each.metadata), f"{name}.{each.name} has no range"
