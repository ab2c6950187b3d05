"""Settings that ROS reads from the environment: prefixes, and a Fast DDS profile with room for whole images."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from emotion_perception.core.paths import share_dir

_PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")


def prepare_environment() -> None:
    """Complete the environment of this process and its children; call it before `rclpy.init`.

    A profile that the user has set is respected, and so is every prefix of a sourced workspace.
    """
    prefixes = [prefix for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
    if sys.prefix not in prefixes and (Path(sys.prefix) / "share" / "ament_index").is_dir():
        os.environ["AMENT_PREFIX_PATH"] = os.pathsep.join([*prefixes, sys.prefix])
    if not any(os.environ.get(variable) for variable in _PROFILE_VARIABLES):
        os.environ[_PROFILE_VARIABLES[0]] = str(share_dir() / "config" / "fastdds.xml")
