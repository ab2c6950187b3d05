"""launch/robot.launch.py starts the programs of NODES with the right parameters.

Where ROS's launch is not installed (it is in no wheel), stand-ins of the few classes the file needs take its place.
"""

from __future__ import annotations

import argparse
import importlib.util
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from emotion_perception.cli import run
from emotion_perception.core.paths import share_dir
from emotion_perception.nodes import NODES

FILE = share_dir() / "launch" / "robot.launch.py"
ROBOT_YAML = ("config", "robot.yaml")  # below whichever share folder launch finds


class Node:
    """Keeps what a process is to be started with; stands in for launch's, whose result is private, in any case."""

    def __init__(self, *, package: str, executable: str, **options: Any) -> None:
        assert package == "emotion_perception"
        self.executable = executable
        self.options = options

    @property
    def parameters(self) -> dict[str, Any]:
        """The single values, and under "" the files."""
        values: dict[str, Any] = {"": [each for each in self.options["parameters"] if isinstance(each, str)]}
        for each in self.options["parameters"]:
            values.update({} if isinstance(each, str) else each)
        return values


class Context:
    def __init__(self) -> None:
        self.launch_configurations: dict[str, str] = {}


class Argument:
    def __init__(self, name: str, *, default_value: Any, description: str, choices: list[str] | None = None) -> None:
        self.name, self.default_value, self.description, self.choices = name, default_value, description, choices

    def visit(self, context: Context) -> None:
        default = self.default_value
        value = context.launch_configurations.setdefault(
            self.name, default if isinstance(default, str) else default.perform(context)
        )
        if self.choices and value not in self.choices:
            raise RuntimeError(f'Argument "{self.name}" provided value "{value}" is not valid.')


class Opaque:
    def __init__(self, *, function: Callable[[Context], list[Node]]) -> None:
        self.function = function

    def visit(self, context: Context) -> list[Node]:
        return self.function(context)


class Description:
    def __init__(self, entities: list[Any]) -> None:
        self.entities = entities


class Configuration:
    def __init__(self, name: str) -> None:
        self.name = name

    def perform(self, context: Context) -> str:
        return context.launch_configurations[self.name]


class Condition:
    def __init__(self, value: Configuration) -> None:
        self.value = value

    def evaluate(self, context: Context) -> bool:
        return self.value.perform(context).lower() in ("true", "1")


class Share:
    def __init__(self, package: str) -> None:
        assert package == "emotion_perception"

    def perform(self, context: Context) -> str:
        return str(share_dir())


class Joined:
    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    def perform(self, context: Context) -> str:
        return str(Path(*[each if isinstance(each, str) else each.perform(context) for each in self.parts]))


class Value:
    def __init__(self, value: Any, *, value_type: type) -> None:
        self.value, self.value_type = value, value_type


STANDINS: dict[str, dict[str, Any]] = {
    "launch": {"LaunchContext": Context, "LaunchDescription": Description},
    "launch.actions": {"DeclareLaunchArgument": Argument, "OpaqueFunction": Opaque},
    "launch.conditions": {"IfCondition": Condition},
    "launch.substitutions": {"LaunchConfiguration": Configuration, "PathJoinSubstitution": Joined},
    "launch_ros": {},
    "launch_ros.actions": {"Node": Node},
    "launch_ros.parameter_descriptions": {"ParameterValue": Value},
    "launch_ros.substitutions": {"FindPackageShare": Share},
}


@pytest.fixture
def description(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the launch file says."""
    if importlib.util.find_spec("launch_ros") is None:
        for name, content in STANDINS.items():
            module = ModuleType(name)
            vars(module).update(content)
            monkeypatch.setitem(sys.modules, name, module)
    else:
        monkeypatch.setattr("launch_ros.actions.Node", Node)
    return runpy.run_path(str(FILE))["generate_launch_description"]()


@pytest.fixture
def started(description: Any) -> Callable[..., dict[str, Node]]:
    """started(composed="false") -> what is started, by executable."""

    def start(**given: str) -> dict[str, Node]:
        from launch import LaunchContext  # the real one or the stand-in, as the launch file's

        context = LaunchContext()
        context.launch_configurations.update(given)
        made = [node for entity in description.entities for node in entity.visit(context) or []]
        return {node.executable: node for node in made}

    return start


def in_share(path: Path | str) -> tuple[str, ...]:
    """Return the last two parts of a path."""
    return Path(path).parts[-2:]


def command_line(node: Node) -> argparse.Namespace:
    """Parse the arguments of the one process as the command line does."""
    parser = run.add_parser(argparse.ArgumentParser().add_subparsers())
    command, *arguments = node.options["arguments"]
    assert command == "run"
    return parser.parse_args([*arguments, "--ros-args", "-r", "__ns:=/robot1"])


def test_arguments_are_the_documented_ones_each_with_a_description(description: Any) -> None:
    declared = {each.name: each.description for each in description.entities if hasattr(each, "default_value")}
    assert list(declared) == [
        *("source", "params_file", "use_sim_time", "overlay", "identity", "composed", "namespace", "log_level")
    ]
    assert all(declared.values())


def test_one_process_runs_what_the_file_says(started: Callable[..., dict[str, Node]]) -> None:
    ((executable, node),) = started().items()
    assert executable == "emotion-perception"
    args = command_line(node)
    assert [in_share(path) for path in args.params_file] == [ROBOT_YAML]
    assert (args.source, args.no_overlay, args.log_level) == (None, False, "info")
    assert args.ros_args == ["-r", "__ns:=/robot1"]
    assert node.parameters["use_sim_time"] is False
    assert not node.options.get("respawn")  # a recording's end would begin it again


def test_one_process_takes_every_argument(started: Callable[..., dict[str, Node]]) -> None:
    node = started(
        source="synthetic:",
        params_file="my.yaml",
        use_sim_time="true",
        overlay="false",
        identity="false",
        namespace="a",
        log_level="warn",
    )["emotion-perception"]
    args = command_line(node)
    assert [str(path) for path in args.params_file] == ["my.yaml"]
    assert (args.source, args.no_overlay, args.log_level) == ("synthetic:", True, "warn")
    assert args.no_identity
    assert node.parameters["use_sim_time"] is True
    assert node.options["namespace"] == "a"


def test_process_per_node_starts_each_of_the_table_again_when_it_dies(started: Callable[..., dict[str, Node]]) -> None:
    nodes = started(composed="false", namespace="a", use_sim_time="true", log_level="warn")
    assert list(nodes) == list(NODES)
    for name, node in nodes.items():
        assert node.options["name"] == name
        assert node.options["namespace"] == "a"
        assert node.options["respawn"] is True
        assert node.options["ros_arguments"] == ["--log-level", "warn"]
        assert [in_share(path) for path in node.parameters[""]] == [ROBOT_YAML]
        assert node.parameters["use_sim_time"] is True


def test_process_per_node_gives_the_source_to_the_camera_as_text(started: Callable[..., dict[str, Node]]) -> None:
    nodes = started(composed="false", source="synthetic:")
    assert [name for name, node in nodes.items() if "source" in node.parameters] == ["camera"]
    source = nodes["camera"].parameters["source"]
    assert source.value_type is str


def test_process_per_node_without_overlay(started: Callable[..., dict[str, Node]]) -> None:
    assert "overlay" not in started(composed="false", overlay="false")


def test_process_per_node_without_identity(started: Callable[..., dict[str, Node]]) -> None:
    assert "face_identity" not in started(composed="false", identity="false")


@pytest.mark.parametrize("argument", ["use_sim_time", "overlay", "identity", "composed", "log_level"])
def test_a_value_that_means_nothing_is_refused(started: Callable[..., dict[str, Node]], argument: str) -> None:
    with pytest.raises(RuntimeError, match=argument):
        started(**{argument: "maybe"})


def test_installed_executables_are_the_ones_that_are_launched() -> None:
    cmake = (share_dir() / "CMakeLists.txt").read_text(encoding="utf-8")
    assert f"foreach(node {' '.join(NODES)})" in cmake
    assert "install_program(emotion-perception " in cmake
