"""Run perception on a robot, from the camera to the overlay; in one process or one per node.

Each process finds config/fastdds.xml by itself (emotion_perception.ros.environment), so nothing is set here.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from emotion_perception.nodes import NODES

PACKAGE = "emotion_perception"
BOOLEAN = ["true", "false"]
RESPAWN_DELAY = 1.0  # seconds


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
        return [Node(executable="emotion-perception", arguments=arguments, parameters=[sim_time], **common)]
    arguments_of = {"camera": "camera", "face_identity": "identity", "overlay": "overlay"}
    left_out = {name for name, argument in arguments_of.items() if not true(argument)}
    # As text: launch would read "synthetic:" as a yaml mapping.
    own = {"camera": [{"source": ParameterValue(source, value_type=str)}]} if source else {}
    return [
        Node(
            executable=name,
            name=name,
            parameters=[params_file, sim_time, *own.get(name, [])],
            ros_arguments=["--log-level", text("log_level")],
            respawn=True,
            respawn_delay=RESPAWN_DELAY,
            **common,
        )
        for name in NODES
        if name not in left_out
    ]
