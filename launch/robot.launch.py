"""Run perception on a robot, from the camera to the overlay, and talk; in one process or one per node.

Each process finds config/fastdds.xml by itself (emotion_perception.ros.environment), so nothing is set here.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from emotion_perception.nodes import NODES, TALKING

PACKAGE = "emotion_perception"
BOOLEAN = ["true", "false"]
RESPAWN_DELAY = 1.0  # seconds
ENGINES = {"speech_synthesizer": "tts", "speech_recognizer": "stt"}
OFF = "off"


def generate_launch_description() -> LaunchDescription:
    robot_yaml = PathJoinSubstitution([FindPackageShare(PACKAGE), "config", "robot.yaml"])
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "source",
                default_value="",
                description="Where frames come from: usb:0, file:clip.mp4, images:folder, synthetic: or a path; "
                "empty takes camera.source of params_file",
            ),
            DeclareLaunchArgument(
                "camera",
                default_value="true",
                choices=BOOLEAN,
                description="Run our camera node; false: another node publishes image_raw",
            ),
            DeclareLaunchArgument(
                "params_file", default_value=robot_yaml, description="Parameters of all nodes, a ROS parameter file"
            ),
            DeclareLaunchArgument(
                "use_sim_time",
                default_value="false",
                choices=BOOLEAN,
                description="Take the time from /clock, for replayed bags and simulators",
            ),
            DeclareLaunchArgument(
                "overlay", default_value="true", choices=BOOLEAN, description="Run the node that draws emotion/overlay"
            ),
            DeclareLaunchArgument(
                "identity",
                default_value="true",
                choices=BOOLEAN,
                description="Run the node that recognises and enrols people",
            ),
            DeclareLaunchArgument(
                "dialogue",
                default_value="false",
                choices=BOOLEAN,
                description="Talk with people: run dialogue, speech_recognizer and speech_synthesizer too",
            ),
            DeclareLaunchArgument(
                "scenario",
                default_value="",
                description="What is talked about: a scenario of config/scenarios/ or a path; "
                "empty takes dialogue.scenario of params_file",
            ),
            DeclareLaunchArgument(
                "language",
                default_value="",
                description="That conversations begin in: en, el, uk, hu or zh; empty takes dialogue.language",
            ),
            DeclareLaunchArgument(
                "tts",
                default_value="",
                description="Engine of the voice, e.g. espeak; off: another node says what is on speech; "
                "empty takes speech_synthesizer.engine",
            ),
            DeclareLaunchArgument(
                "stt",
                default_value="",
                description="Engine that understands speech, e.g. vosk; off: another node publishes heard; "
                "empty takes speech_recognizer.engine",
            ),
            DeclareLaunchArgument(
                "composed",
                default_value="true",
                choices=BOOLEAN,
                description="All nodes in one process, which ends with the first failure or the end of a recording; "
                "false: a process per node, started again when it dies",
            ),
            DeclareLaunchArgument("namespace", default_value="", description="Of all nodes and topics, e.g. robot1"),
            DeclareLaunchArgument(
                "log_level",
                default_value="info",
                choices=["debug", "info", "warn", "error"],
                description="Lowest severity that nodes log",
            ),
            OpaqueFunction(function=perception),
        ]
    )


def perception(context: LaunchContext) -> list[Node]:
    """Return the one process or the processes that the arguments ask for."""

    def text(argument: str) -> str:
        return LaunchConfiguration(argument).perform(context)

    def true(argument: str) -> bool:
        return IfCondition(LaunchConfiguration(argument)).evaluate(context)

    source, params_file = text("source"), text("params_file")
    sim_time = {"use_sim_time": true("use_sim_time")}
    common = {"package": PACKAGE, "namespace": text("namespace"), "output": "screen"}
    if true("composed"):
        arguments = ["run", "--params-file", params_file, "--log-level", text("log_level")]
        arguments += [] if true("camera") else ["--no-camera"]
        arguments += ["--source", source] if source and true("camera") else []
        arguments += [] if true("overlay") else ["--no-overlay"]
        arguments += [] if true("identity") else ["--no-identity"]
        if true("dialogue"):
            arguments += ["--scenario", *filter(None, [text("scenario")])]
            for name in ("language", "tts", "stt"):
                arguments += [f"--{name}", text(name)] if text(name) else []
        return [Node(executable="emotion-perception", arguments=arguments, parameters=[sim_time], **common)]
    arguments_of = {"camera": "camera", "face_identity": "identity", "overlay": "overlay"}
    left_out = {name for name, argument in arguments_of.items() if not true(argument)}
    left_out |= {name for name in TALKING if not true("dialogue")}
    left_out |= {name for name, argument in ENGINES.items() if text(argument) == OFF}
    own = {
        "camera": {"source": source},
        "dialogue": {"scenario": text("scenario"), "language": text("language")},
        **{name: {"engine": text(argument)} for name, argument in ENGINES.items()},
    }
    return [
        Node(
            executable=name,
            name=name,
            parameters=[params_file, sim_time, *given(own.get(name, {}))],
            ros_arguments=["--log-level", text("log_level")],
            respawn=True,
            respawn_delay=RESPAWN_DELAY,
            **common,
        )
        for name in NODES
        if name not in left_out
    ]


def given(values: dict[str, str]) -> list[dict[str, ParameterValue]]:
    """Return those that are not empty, as text: launch would read "synthetic:" as a yaml mapping and "no" as false."""
    return [{name: ParameterValue(value, value_type=str)} for name, value in values.items() if value]
