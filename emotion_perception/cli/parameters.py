"""Parameters of a whole robot from the command line: files and single values, checked before any node starts."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from emotion_perception.core.errors import ParameterError
from emotion_perception.nodes import NODES, node_class
from emotion_perception.ros.parameters import checked

#: ROS's own parameters, which every node takes.
_OF_EVERY_NODE = ("use_sim_time", "start_type_description_service")


def assignment(text: str) -> tuple[str, str, Any]:
    """Split "node.parameter:=value"; the value is read as yaml, as `ros2 run -p` does."""
    target, separator, value = text.partition(":=")
    node, dot, name = target.partition(".")
    if not (separator and dot and node and name):
        raise argparse.ArgumentTypeError(f'"{text}" is not node.parameter:=value, e.g. camera.loop:=true')
    try:
        return node, name, yaml.safe_load(value) if value else ""
    except yaml.YAMLError:
        return node, name, value


def check_assignment(node: str, name: str, value: Any, *, where: str) -> None:
    """Raise ParameterError unless the node has the parameter and takes the value."""
    if node not in NODES:
        raise ParameterError(f'{where}: there is no node "{node}"{_hint(node, NODES)}; there are {", ".join(NODES)}')
    if name in _OF_EVERY_NODE or name.startswith("qos_overrides"):
        return
    parameters = node_class(node).PARAMETERS
    names = [each.name for each in fields(parameters)]
    if name not in names:
        raise ParameterError(
            f'{where}: {node} has no parameter "{name}"{_hint(name, names)}; it has {", ".join(names)}'
        )
    try:
        checked(parameters, name, value)
    except ParameterError as error:
        raise ParameterError(f"{where}: {node}: {error}") from error


def check_file(path: Path) -> None:
    """Raise ParameterError unless the file exists and holds what our nodes take; other nodes' sections are let be."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(f"parameter file {path} cannot be read ({error}): give another, or correct it") from error
    except yaml.YAMLError as error:
        raise ParameterError(f"parameter file {path} is not yaml ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict):
        raise ParameterError(
            f'parameter file {path} holds no sections: begin with "/**/camera:" and "ros__parameters:"'
        )
    for section, body in content.items():
        node = str(section).rpartition("/")[2]
        if node not in NODES:
            continue
        if not isinstance(body, dict) or not isinstance(body.get("ros__parameters"), dict):
            raise ParameterError(f'parameter file {path}: section "{section}" holds no "ros__parameters:"')
        for name, value in body["ros__parameters"].items():
            check_assignment(node, str(name), value, where=f"parameter file {path}")


def assigned(node: str, name: str, files: Iterable[Path], values: Iterable[tuple[str, str, Any]]) -> bool:
    """Whether a checked file or a single value sets the parameter, and not to an empty text."""
    found = [value for each, parameter, value in values if (each, parameter) == (node, name)]
    for path in files:
        for section, body in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if str(section).rpartition("/")[2] == node:
                found.append(body["ros__parameters"].get(name))
    return any(found)


def write_file(path: Path, values: Iterable[tuple[str, str, Any]]) -> None:
    """Write single values as a parameter file that works in any namespace."""
    sections: dict[str, Any] = {}
    for node, name, value in values:
        sections.setdefault(f"/**/{node}", {"ros__parameters": {}})["ros__parameters"][name] = value
    path.write_text(yaml.safe_dump(sections, allow_unicode=True), encoding="utf-8")


def _hint(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""
