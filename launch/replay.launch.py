"""Play a bag into perception: the pictures of the bag take the place of the camera, its clock that of the computer."""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction, Shutdown
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

PACKAGE = "emotion_perception"
BOOLEAN = ["true", "false"]


def generate_launch_description() -> LaunchDescription:
    share = FindPackageShare(PACKAGE)
    return LaunchDescription(
        [
            DeclareLaunchArgument("bag", description="Folder of the bag, or a .mcap or .db3 file"),
            DeclareLaunchArgument("rate", default_value="1.0", description="2.0 plays twice as fast"),
            DeclareLaunchArgument("start", default_value="0.0", description="Seconds into the bag to begin at"),
            DeclareLaunchArgument("loop", default_value="false", choices=BOOLEAN, description="Begin again at the end"),
            DeclareLaunchArgument(
                "params_file",
                default_value=PathJoinSubstitution([share, "config", "robot.yaml"]),
                description="Parameters of all nodes, a ROS parameter file",
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(PathJoinSubstitution([share, "launch", "robot.launch.py"])),
                launch_arguments=[
                    ("camera", "false"),
                    ("use_sim_time", "true"),
                    ("params_file", LaunchConfiguration("params_file")),
                ],
            ),
            OpaqueFunction(function=player),
        ]
    )


def player(context: LaunchContext) -> list[Node]:
    """Return the process that plays the bag; the rest ends with it."""

    def text(argument: str) -> str:
        return LaunchConfiguration(argument).perform(context)

    arguments = ["replay", text("bag"), "--inputs", "--clock", "--rate", text("rate"), "--start", text("start")]
    arguments += ["--loop"] if IfCondition(LaunchConfiguration("loop")).evaluate(context) else []
    return [
        Node(
            package=PACKAGE,
            executable="emotion-perception",
            arguments=arguments,
            parameters=[],
            output="screen",
            on_exit=Shutdown(reason="the bag is at its end"),
        )
    ]
