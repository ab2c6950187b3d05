"""The network interfaces, through which DDS finds other processes."""

from __future__ import annotations

import os
from pathlib import Path

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note, ok

_SYSFS = Path("/sys/class/net")
_UP, _LOOPBACK, _MULTICAST = 0x1, 0x8, 0x1000  # of <net/if.h>
_ETHERNET_OR_LOOPBACK = ("1", "772")


def check(_: Settings) -> Finding:
    """See that processes of this computer can reach each other, and whether those of other computers can."""
    flags = {path.name: int((path / "flags").read_text(), 16) for path in sorted(_SYSFS.iterdir()) if _is_network(path)}
    if not any(flag & _UP and flag & _LOOPBACK for flag in flags.values()):
        return fault(
            "the loopback interface lo is down, so processes of this computer cannot find each other",
            "bring it up",
            command=commands.as_root("ip", "link", "set", "lo", "up"),
        )
    outward = [name for name, flag in flags.items() if flag & _UP and flag & _MULTICAST and not flag & _LOOPBACK]
    if outward:
        return ok(f"{', '.join(outward)} can multicast")
    if os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE") == "LOCALHOST" or os.environ.get("ROS_LOCALHOST_ONLY") == "1":
        return ok("lo is up, and no other interface is asked for")
    return note(
        "no interface but lo is up and can multicast, so only this computer is seen",
        "connect the network, or say that this is intended",
        command="export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST",
    )


def _is_network(path: Path) -> bool:
    return (path / "type").is_file() and (path / "type").read_text().strip() in _ETHERNET_OR_LOOPBACK
