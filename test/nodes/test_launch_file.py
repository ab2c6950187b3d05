"""launch/*.launch.py start the programs of NODES with the right parameters.

Where ROS's launch is not installed (it is in no wheel), stand-ins of the few classes the file needs take its place.
"""

from __future__ import annotations

import argparse
import importlib.util
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from emotion_perception.cli import replay, run
from emotion_perception.core.paths import share_dir
from emotion_perception.nodes import NODES, TALKING

LAUNCH = share_dir() / "launch"
SEEING = [name for name in NODES if name not in TALKING]
ROBOT_YAML, NAO_YAML = ("config", "robot.yaml"), ("config", "nao.yaml")  # below whichever share folder launch finds


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
        self.launch_configurations: dict[str, Any] = {}


class Argument:
    def __init__(
        self, name: str, *, default_value: Any = None, description: str, choices: list[str] | None = None
    ) -> None:
        self.name, self.default_value, self.description, self.choices = name, default_value, description, choices

    def visit(self, context: Context) -> None:
        if self.default_value is None and self.name not in context.launch_configurations:
            raise RuntimeError(f'Required launch argument "{self.name}" was not provided.')
        default = "" if self.default_value is None else perform(self.default_value, context)
        value = context.launch_configurations.setdefault(self.name, default)
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

    def visit(self, context: Context) -> list[Any]:
        return self.entities


class Group(Description):
    """Its scope is the rest of the file, which is enough here."""


class Remap:
    def __init__(self, source: str, target: Any) -> None:
        self.source, self.target = source, target

    def visit(self, context: Context) -> None:
        remaps = context.launch_configurations.setdefault("ros_remaps", [])
        remaps.append((self.source, perform(self.target, context)))


class Include:
    def __init__(self, path: Any, *, launch_arguments: list[tuple[str, Any]]) -> None:
        self.path, self.launch_arguments = path, launch_arguments

    def visit(self, context: Context) -> list[Any]:
        given = {name: perform(value, context) for name, value in self.launch_arguments}
        context.launch_configurations.update(given)
        return [load(perform(self.path, context))]


class Shutdown:
    def __init__(self, *, reason: str) -> None:
        self.reason = reason


class Equals:
    def __init__(self, left: Any, right: Any) -> None:
        self.left, self.right = left, right

    def perform(self, context: Context) -> str:
        return str(perform(self.left, context) == perform(self.right, context)).lower()


class IfElse:
    def __init__(self, condition: Any, then: str, otherwise: str) -> None:
        self.condition, self.then, self.otherwise = condition, then, otherwise

    def perform(self, context: Context) -> str:
        return self.then if perform(self.condition, context) == "true" else self.otherwise


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
        return str(Path(*[perform(each, context) for each in self.parts]))


class Value:
    def __init__(self, value: Any, *, value_type: type) -> None:
        self.value, self.value_type = value, value_type


def perform(value: Any, context: Any) -> str:
    """Return the text of a string, a substitution or a list of both."""
    if isinstance(value, list):
        return "".join(perform(each, context) for each in value)
    return value if isinstance(value, str) else str(value.perform(context))


def load(path: Path | str) -> Any:
    return runpy.run_path(str(path))["generate_launch_description"]()


STANDINS: dict[str, dict[str, Any]] = {
    "launch": {"LaunchContext": Context, "LaunchDescription": Description},
    "launch.actions": {
        "DeclareLaunchArgument": Argument,
        "GroupAction": Group,
        "IncludeLaunchDescription": Include,
        "OpaqueFunction": Opaque,
        "Shutdown": Shutdown,
    },
    "launch.conditions": {"IfCondition": Condition},
    "launch.launch_description_sources": {"PythonLaunchDescriptionSource": lambda path: path},
    "launch.substitutions": {
        "EqualsSubstitution": Equals,
        "IfElseSubstitution": IfElse,
        "LaunchConfiguration": Configuration,
        "PathJoinSubstitution": Joined,
    },
    "launch_ros": {},
    "launch_ros.actions": {"Node": Node, "SetRemap": Remap},
    "launch_ros.parameter_descriptions": {"ParameterValue": Value},
    "launch_ros.substitutions": {"FindPackageShare": Share},
}


@pytest.fixture
def describe(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """describe("robot") -> what robot.launch.py says."""
    if importlib.util.find_spec("launch_ros") is None:
        for name, content in STANDINS.items():
            module = ModuleType(name)
            vars(module).update(content)
            monkeypatch.setitem(sys.modules, name, module)
    else:
        monkeypatch.setattr("launch_ros.actions.Node", Node)
    return lambda name: load(LAUNCH / f"{name}.launch.py")


@pytest.fixture
def started(describe: Callable[[str], Any]) -> Callable[..., dict[str, Node]]:
    """started("robot", composed="false") -> what is started, by executable; remappings are among a node's options."""

    return lambda name="robot", **given: {node.executable: node for node in launched(describe(name), given)}


def launched(description: Any, given: dict[str, str]) -> list[Node]:
    """Return what is started, in order."""
    from launch import LaunchContext  # the real one or the stand-in, as the launch file's

    context = LaunchContext()
    context.launch_configurations.update(given)
    return list(visit(description, context))


def visit(entity: Any, context: Any) -> Iterator[Node]:
    """Carry out what launch carries out, down to the processes that it would start."""
    if isinstance(entity, Node):
        entity.options["remappings"] = [
            (perform(source, context), perform(target, context))
            for source, target in context.launch_configurations.get("ros_remaps", [])
        ]
        yield entity
    else:
        for each in entity.visit(context) or []:
            yield from visit(each, context)


def in_share(path: Path | str) -> tuple[str, ...]:
    """Return the last two parts of a path."""
    return Path(path).parts[-2:]


def command_line(node: Node) -> argparse.Namespace:
    """Parse the arguments of the one process as the command line does."""
    parser = run.add_parser(argparse.ArgumentParser().add_subparsers())
    command, *arguments = node.options["arguments"]
    assert command == "run"
    return parser.parse_args([*arguments, "--ros-args", "-r", "__ns:=/robot1"])


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (
            "robot",
            "source camera params_file use_sim_time overlay identity dialogue scenario language tts stt "
            "composed namespace log_level",
        ),
        ("replay", "bag rate start loop params_file"),
        ("nao", "images_from robot transport source camera_topics params_file tts"),
    ],
)
def test_arguments_are_the_documented_ones_each_with_a_description(
    describe: Callable[[str], Any], name: str, arguments: str
) -> None:
    declared = {each.name: each.description for each in describe(name).entities if hasattr(each, "default_value")}
    assert list(declared) == arguments.split()
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
    assert list(nodes) == SEEING
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


def test_without_our_camera_nothing_is_done_with_a_source(started: Callable[..., dict[str, Node]]) -> None:
    args = command_line(started(camera="false", source="synthetic:")["emotion-perception"])
    assert (args.no_camera, args.source) == (True, None)
    assert list(started(camera="false", source="synthetic:", composed="false")) == SEEING[1:]


def test_one_process_talks_when_asked_to(started: Callable[..., dict[str, Node]]) -> None:
    assert command_line(started()["emotion-perception"]).scenario is None
    args = command_line(started(dialogue="true")["emotion-perception"])
    assert (args.scenario, args.language, args.tts, args.stt) == ("", None, None, None)
    asked = {"scenario": "my.yaml", "language": "el", "tts": "espeak", "stt": "off"}
    args = command_line(started(dialogue="true", **asked)["emotion-perception"])
    assert (args.scenario, args.language, args.tts, args.stt) == tuple(asked.values())


def test_process_per_node_talks_when_asked_to(started: Callable[..., dict[str, Node]]) -> None:
    assert list(started(dialogue="true", composed="false")) == list(NODES)
    nodes = started(dialogue="true", composed="false", scenario="my.yaml", language="no", tts="espeak", stt="off")
    assert list(nodes) == [name for name in NODES if name != "speech_recognizer"]
    asked = {name: node.parameters for name, node in nodes.items()}
    assert {name: asked["dialogue"][name].value for name in ("scenario", "language")} == {
        "scenario": "my.yaml",
        "language": "no",
    }
    assert asked["dialogue"]["language"].value_type is str, "no is false in yaml, and Norwegian here"


@pytest.mark.parametrize("composed", ["true", "false"])
def test_a_nao_speaks_with_its_own_voice_unless_told_otherwise(
    started: Callable[..., dict[str, Node]], composed: str
) -> None:
    def voice(**given: str) -> tuple[str, set[str]]:
        nodes = started("nao", dialogue="true", composed=composed, namespace="robot1", **given)
        spoken_on = {dict(node.options["remappings"])["speech"] for node in nodes.values()}
        if composed == "true":
            return command_line(nodes["emotion-perception"]).tts, spoken_on
        return nodes["speech_synthesizer"].parameters["engine"].value, spoken_on

    assert voice() == ("none", {"/speech"})
    assert voice(tts="espeak") == ("espeak", {"said_here"}), "or both would speak"


NAO_TOPICS = {
    "image_raw": "camera/front/image_raw",
    "image_raw/compressed": "camera/front/image_raw/compressed",
    "camera_info": "camera/front/camera_info",
    "set_camera_info": "camera/front/set_camera_info",
    "speech": "/speech",
}


def test_naos_stream_comes_through_our_camera_under_the_drivers_names(
    started: Callable[..., dict[str, Node]],
) -> None:
    node = started("nao", robot="192.168.1.12", transport="tcp", overlay="false")["emotion-perception"]
    args = command_line(node)
    assert (args.source, args.no_camera) == ("nao://192.168.1.12?camera=front&transport=tcp", False)
    assert [in_share(path) for path in args.params_file] == [NAO_YAML]
    assert args.no_overlay is True
    assert dict(node.options["remappings"]) == NAO_TOPICS


def test_naos_stream_and_its_names_can_be_others(started: Callable[..., dict[str, Node]]) -> None:
    nodes = started("nao", source="udp-h264://:3000", camera_topics="/nao/camera/bottom", composed="false")
    assert list(nodes) == SEEING
    for node in nodes.values():
        assert dict(node.options["remappings"])["image_raw"] == "/nao/camera/bottom/image_raw"
    assert "source" in nodes["camera"].parameters


@pytest.mark.parametrize("composed", ["true", "false"])
def test_the_images_of_naos_driver_go_to_our_nodes_without_our_camera(
    started: Callable[..., dict[str, Node]], composed: str
) -> None:
    nodes = started("nao", images_from="driver", composed=composed)
    if composed == "true":
        assert command_line(nodes["emotion-perception"]).no_camera is True
    else:
        assert list(nodes) == SEEING[1:]
    for node in nodes.values():
        assert dict(node.options["remappings"]) == NAO_TOPICS


def test_a_bag_takes_the_place_of_the_camera_and_of_the_clock(describe: Callable[[str], Any]) -> None:
    robot, player = launched(describe("replay"), {"bag": "/data/demo", "rate": "0.5", "loop": "true"})
    assert command_line(robot).no_camera is True
    assert robot.parameters["use_sim_time"] is True
    assert [in_share(path) for path in command_line(robot).params_file] == [ROBOT_YAML]
    parser = replay.add_parser(argparse.ArgumentParser().add_subparsers())
    command, *arguments = player.options["arguments"]
    args = parser.parse_args([*arguments, "--ros-args", "-r", "__ns:=/robot1"])
    assert (command, str(args.bag), args.inputs, args.clock) == ("replay", "/data/demo", True, True)
    assert (args.rate, args.start, args.loop) == (0.5, 0.0, True)
    assert args.ros_args == ["-r", "__ns:=/robot1"]
    assert player.options["on_exit"].reason  # the rest ends with the bag


def test_a_replay_needs_a_bag(describe: Callable[[str], Any]) -> None:
    with pytest.raises(RuntimeError, match="bag"):
        launched(describe("replay"), {})


@pytest.mark.parametrize("argument", ["images_from", "transport"])
def test_a_way_to_naos_images_that_is_none_is_refused(started: Callable[..., dict[str, Node]], argument: str) -> None:
    with pytest.raises(RuntimeError, match=argument):
        started("nao", **{argument: "pigeon"})


@pytest.mark.parametrize(
    "argument", ["camera", "use_sim_time", "overlay", "identity", "dialogue", "composed", "log_level"]
)
def test_a_value_that_means_nothing_is_refused(started: Callable[..., dict[str, Node]], argument: str) -> None:
    with pytest.raises(RuntimeError, match=argument):
        started(**{argument: "maybe"})


def test_installed_executables_are_the_ones_that_are_launched() -> None:
    cmake = (share_dir() / "CMakeLists.txt").read_text(encoding="utf-8")
    assert f"foreach(node {' '.join(NODES)})" in cmake
    assert "install_program(emotion-perception " in cmake
