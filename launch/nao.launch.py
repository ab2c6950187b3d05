"""Run perception on a NAO's pictures: its own GStreamer stream, or the images of naoqi_driver2. See docs/nao.md.

Our camera node takes the driver's names, so that whatever listens to the robot finds its pictures in the same place.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import EqualsSubstitution, IfElseSubstitution, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import SetRemap
from launch_ros.substitutions import FindPackageShare

PACKAGE = "emotion_perception"
TOPICS = ("image_raw", "image_raw/compressed", "camera_info", "set_camera_info")


def generate_launch_description() -> LaunchDescription:
    share = FindPackageShare(PACKAGE)
    images_from, source, topics, tts = map(LaunchConfiguration, ("images_from", "source", "camera_topics", "tts"))
    stream = ["nao://", LaunchConfiguration("robot"), "?camera=front&transport=", LaunchConfiguration("transport")]
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "images_from",
                default_value="stream",
                choices=["stream", "driver"],
                description="stream: GStreamer on the robot, received by our camera node; "
                "driver: naoqi_driver2, which publishes them itself",
            ),
            DeclareLaunchArgument("robot", default_value="nao.local", description="Name or address of the robot"),
            DeclareLaunchArgument(
                "transport",
                default_value="udp",
                choices=["udp", "tcp"],
                description="Of the stream; tcp where the network loses packets",
            ),
            DeclareLaunchArgument("source", default_value=stream, description="Of the stream, in place of robot's"),
            DeclareLaunchArgument(
                "camera_topics",
                default_value="camera/front",
                description="Where image_raw and camera_info are, in the driver and for our camera node",
            ),
            DeclareLaunchArgument(
                "params_file",
                default_value=PathJoinSubstitution([share, "config", "nao.yaml"]),
                description="Parameters of all nodes, a ROS parameter file",
            ),
            DeclareLaunchArgument(
                "tts",
                default_value="none",
                description="Engine of the voice, with dialogue:=true; none: the robot's own, through naoqi_driver2's "
                "/speech; any other speaks on this computer, and the robot is silent",
            ),
            GroupAction(
                [
                    *(SetRemap(topic, [topics, f"/{topic}"]) for topic in TOPICS),
                    # The driver says what is on /speech, whatever the namespace.
                    SetRemap("speech", IfElseSubstitution(EqualsSubstitution(tts, "none"), "/speech", "said_here")),
                    IncludeLaunchDescription(
                        PythonLaunchDescriptionSource(PathJoinSubstitution([share, "launch", "robot.launch.py"])),
                        launch_arguments=[("camera", EqualsSubstitution(images_from, "stream")), ("source", source)],
                    ),
                ]
            ),
        ]
    )
