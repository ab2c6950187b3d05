"""Parameters as frozen dataclasses: each field says its default, description, range and when a change applies.

    @dataclass(frozen=True)
    class OverlayParameters(NodeParameters):
        join_timeout: float = parameter(0.1, "Seconds to wait for an emotion.", low=0.0, high=5.0, applies=Applies.LIVE)

`declare` tells ROS about them once, in the node's constructor; `load` checks what ROS holds and returns an instance.
The checks happen here and not in ROS's own descriptors, because those raise in the constructor, in words that name
neither the range nor the remedy.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from emotion_perception.core.errors import ParameterError

if TYPE_CHECKING:
    from rclpy.node import Node


class Applies(enum.StrEnum):
    """When a changed parameter takes effect."""

    LIVE = "at once"
    CONFIGURE = "at the next configure"
    READ_ONLY = "never: it is read at start"


@dataclass(frozen=True)
class NodeParameters:
    """Parameters that every node has."""

    autostart: bool = field(
        default=True,
        metadata={
            "description": "Configure and activate by itself; otherwise wait for a lifecycle manager.",
            "low": None,
            "high": None,
            "choices": None,
            "applies": Applies.READ_ONLY,
        },
    )


Parameters = TypeVar("Parameters", bound=NodeParameters)


def parameter(
    default: Any,
    description: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
    applies: Applies = Applies.CONFIGURE,
) -> Any:
    """Return a dataclass field; its type is its default's (bool, int, float or str). Bounds are inclusive."""
    metadata = {"description": description, "low": low, "high": high, "choices": choices, "applies": applies}
    return field(default=default, metadata=metadata)


def allowed(metadata: Any) -> str:
    """Say in words which values a field takes, e.g. "0.0 to 1.0"; empty when every value of its type is taken."""
    if metadata["choices"]:
        return ", ".join(choice or '""' for choice in metadata["choices"])
    low, high = metadata["low"], metadata["high"]
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"{low} or more" if low is not None else ""


def declare(node: Node, parameters: type[NodeParameters]) -> None:
    """Declare every field as a ROS parameter, with what `ros2 param describe` shows."""
    from rcl_interfaces.msg import ParameterDescriptor  # here, as the command line needs the rest without ROS

    for each in fields(parameters):
        descriptor = ParameterDescriptor(
            description=f"{each.metadata['description']} A change applies {each.metadata['applies']}.",
            additional_constraints=allowed(each.metadata),
            dynamic_typing=True,
            read_only=each.metadata["applies"] is Applies.READ_ONLY,
        )
        node.declare_parameter(each.name, each.default, descriptor)


def load(node: Node, parameters: type[Parameters]) -> Parameters:
    """Return the node's parameters, checked. Raises ParameterError, which names the parameter and what it takes."""
    names = [each.name for each in fields(parameters)]
    return parameters(**{name: checked(parameters, name, node.get_parameter(name).value) for name in names})


def checked(parameters: type[NodeParameters], name: str, value: Any) -> Any:
    """Return the value as its field's type (an integer is taken for a float). Raises ParameterError."""
    each = next(each for each in fields(parameters) if each.name == name)
    kind: Any = type(each.default)
    if kind is float and type(value) is int:
        value = float(value)
    takes = allowed(each.metadata)
    remedy = f"give {takes or _ARTICLES[kind]} (default: {each.default!r})"
    if type(value) is not kind:
        raise ParameterError(f"parameter {name} is {value!r}, which is not {_ARTICLES[kind]}: {remedy}")
    low, high, choices = each.metadata["low"], each.metadata["high"], each.metadata["choices"]
    outside = (
        (kind is float and not math.isfinite(value))
        or (low is not None and value < low)
        or (high is not None and value > high)
        or (choices is not None and value not in choices)
    )
    if outside:
        raise ParameterError(f"parameter {name} is {value!r}, which is out of range: {remedy}")
    return value


_ARTICLES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
