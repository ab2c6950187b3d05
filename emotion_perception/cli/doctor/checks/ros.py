"""ROS 2 itself: the wheels or an installation, and whether our messages work with it."""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path
from xml.etree import ElementTree

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, ok


def check(_: Settings) -> Finding:
    """Import rclpy and one of our messages with its compiled type support."""
    try:
        import rclpy
        from rclpy.type_support import check_for_type_support
    except ImportError as error:
        return _missing(error)
    try:
        from ament_index_python.packages import get_package_share_directory

        from emotion_perception.msg import EmotionArray

        check_for_type_support(EmotionArray)
        get_package_share_directory("emotion_perception")
    except Exception as error:  # each ROS package has its own kind
        return fault(
            f"the messages of emotion_perception cannot be used ({type(error).__name__}: {error})",
            "build them, and source the workspace they are in",
            command=commands.set_up_again(),
        )
    return ok(f"{_describe(Path(rclpy.__file__))}, {rclpy.get_rmw_implementation_identifier()}, with our messages")


def _describe(rclpy: Path) -> str:
    """Return kind and version of the installation that rclpy belongs to."""
    try:
        return f"ROS 2 Jazzy from wheels (rclpy {importlib.metadata.version('ros-jazzy-rclpy')})"
    except importlib.metadata.PackageNotFoundError:
        pass
    prefix = next((each for each in rclpy.parents if (each / "share" / "rclpy" / "package.xml").is_file()), None)
    version = ElementTree.parse(prefix / "share/rclpy/package.xml").findtext("version") if prefix else "?"
    return f"ROS 2 {os.environ.get('ROS_DISTRO', '')} in {prefix} (rclpy {version})"


def _missing(error: ImportError) -> Finding:
    sentence = f"rclpy cannot be imported ({error})"
    setup = next(iter(sorted(Path("/opt/ros").glob("*/setup.bash"), reverse=True)), None)
    if setup:
        return fault(sentence, "source the ROS 2 that is installed", command=f"source {setup}")
    return fault(sentence, "set up the environment", command=commands.set_up_again())
