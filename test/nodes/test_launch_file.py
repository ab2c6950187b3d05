"""launch/robot.launch.py starts the nodes of NODES with the right parameters.

Where ROS's launch is not installed (it is on no package index), small stand-ins take its place: they hold what the
launch file says, and evaluate its arguments.
"""

from __future__ import annotations

import importlib.util
import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from emotion_perception.cli.main import COMMANDS
from emotion_perception.cli.run import add_parser
from emotion_perception.core.paths import share_dir
from emotion_perception.nodes import NODES

FILE = share_dir() / "launch" / "robot.launch.py"
REAL = importlib.util.find_spec("launch_ros") is not None
ARGUMENTS = {
    "source": "",
    "params_file": str(share_dir() / "config" / "robot.yaml"),
    "use_sim_time": "false",
    "overlay": "true",
    "composed": "true",
    "namespace": "",
    "log_level": "info",
}


class Standin:
    """Keeps what it is made with."""

    def __init__(self, *values: Any, **options: Any) -> None:
        self.values = values
        self.options = options


class LaunchDescription(Standin):
    @property
    def entities(self) -> list[Any]:
        return list(self.values[0])


class LaunchConfiguration(Standin):
    def perform(self, context: dict[str, str]) -> str:
        return context[self.values[0]]


class IfCondition(Standin):
    def evaluate(self, context: dict[str, str]) -> bool:
        return {"true": True, "false": False}[self.values[0].perform(context)]


class Path_(Standin):  # noqa: N801
    def perform(self, context: dict[str, str]) -> str:
        return str(Path(*[each if isinstance(each, str) else each.perform(context) for each in self.values[0]]))


class FindPackageShare(Standin):
    def perform(self, context: dict[str, str]) -> str:
        assert self.values == ("emotion_perception",)
        return str(share_dir())
