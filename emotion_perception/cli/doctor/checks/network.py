"""The network interfaces, through which DDS finds other processes."""

from __future__ import annotations

import fcntl
import os
import socket
import struct

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note, ok

_GET_FLAGS = 0x8913  # SIOCGIFFLAGS of <linux/sockios.h>
_UP, _LOOPBACK, _MULTICAST = 0x1, 0x8, 0x1000  # of <net/if.h>


def check(_: Settings) -> Finding:
    """See that processes of this computer can reach each other, and whether those of other computers can."""
    up = {name: flags for _, name in socket.if_nameindex() if (flags := _flags(name)) & _UP}
    if not any(flags & _LOOPBACK for flags in up.values()):
        return fault(
            "the loopback interface lo is down, so processes of this computer cannot find each other",
            "bring it up",
            command=commands.as_root("ip", "link", "set", "lo", "up"),
        )
    outward = [name for name, flags in up.items() if flags & _MULTICAST and not flags & _LOOPBACK]
    if outward:
        return ok(f"{', '.join(outward)} can multicast")
    if os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE") == "LOCALHOST" or os.environ.get("ROS_LOCALHOST_ONLY") == "1":
        return ok("lo is up, and no other interface is asked for")
    return note(
        "no interface but lo is up and can multicast, so only this computer is seen",
        "connect the network, or say that this is intended",
        command="export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST",
    )


def _flags(interface: str) -> int:
    """Return the interface's flags (struct ifreq: 16 bytes of name, then the flags as a short)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sH14x", interface.encode(), 0)
        return int(struct.unpack_from("H", fcntl.ioctl(any_socket, _GET_FLAGS, asked), 16)[0])
