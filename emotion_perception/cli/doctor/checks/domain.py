"""The variables that decide which other ROS processes are seen."""

from __future__ import annotations

import os

from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note, ok

_LARGEST = 232  # above it, the ports of DDS would pass 65535
_RANGES = ("SUBNET", "LOCALHOST", "OFF", "SYSTEM_DEFAULT")
_TESTED_RMW = "rmw_fastrtps_cpp"


def check(settings: Settings) -> Finding:
    """See that each variable has a meaning, and say what they come to."""
    domain = os.environ.get("ROS_DOMAIN_ID", "")
    if domain and not (domain.isascii() and domain.isdigit() and int(domain) <= _LARGEST):
        return fault(
            f'ROS_DOMAIN_ID is "{domain}", and domains are numbers from 0 to {_LARGEST}',
            "take the robot's number, the same in every shell; unset is 0",
            command="unset ROS_DOMAIN_ID",
        )
    reach = os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "")
    if reach and reach not in _RANGES:
        return fault(
            f'ROS_AUTOMATIC_DISCOVERY_RANGE is "{reach}", and ROS knows {", ".join(_RANGES)}',
            "unset it to see the whole local network, or say LOCALHOST for this computer only",
            command="unset ROS_AUTOMATIC_DISCOVERY_RANGE",
        )
    if reach == "OFF":
        return fault(
            "ROS_AUTOMATIC_DISCOVERY_RANGE is OFF, so no process finds another one",
            "unset it to see the whole local network, or say LOCALHOST for this computer only",
            command="unset ROS_AUTOMATIC_DISCOVERY_RANGE",
        )
    local = os.environ.get("ROS_LOCALHOST_ONLY", "")
    if local == "1" and reach == "SUBNET":
        return fault(
            "ROS_LOCALHOST_ONLY is 1, which overrules ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET and hides other computers",
            "unset it, as it is deprecated",
            command="unset ROS_LOCALHOST_ONLY",
        )
    return _other_middleware(settings) or ok(
        f"domain {int(domain or 0)}, "
        + ("on this computer only" if "LOCALHOST" in (reach, "LOCALHOST" if local == "1" else "") else "local network")
    )


def lacks_middleware(rmw: str) -> bool:
    """Return whether it is not installed: rcl, once loaded, ends the process for want of it."""
    try:
        from ament_index_python.packages import PackageNotFoundError, get_package_prefix
    except ImportError:
        return False  # nor is ROS, and another check says so
    try:
        get_package_prefix(rmw)
    except (PackageNotFoundError, ValueError):
        return True
    return False


def _other_middleware(settings: Settings) -> Finding | None:
    rmw = settings.environment.get("RMW_IMPLEMENTATION", "")
    if not rmw or rmw == _TESTED_RMW:
        return None
    if lacks_middleware(rmw):
        return fault(
            f'RMW_IMPLEMENTATION is "{rmw}", which is not installed',
            f"unset it to use {_TESTED_RMW}",
            command="unset RMW_IMPLEMENTATION",
        )
    return note(
        f"RMW_IMPLEMENTATION is {rmw}; this package is tested with {_TESTED_RMW}, and its DDS profile is for that one",
        "unset it, in every process of the robot, when images arrive rarely",
        command="unset RMW_IMPLEMENTATION",
    )
