"""/dev/shm, through which images travel between the processes of a computer."""

from __future__ import annotations

import os
import shutil

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note, ok
from emotion_perception.cli.doctor.segments import SHARED_MEMORY, find_leftovers

#: What a process with our DDS profile takes: a 16 MB segment, its bookkeeping, and its ports.
_PROCESS = 19_000_000
_ROOM = 2 * _PROCESS  # for `emotion-perception run` and one that listens


def check(_: Settings) -> Finding:
    """See that there is room for two more processes, and what killed ones have left."""
    if not SHARED_MEMORY.is_dir() or not os.access(SHARED_MEMORY, os.W_OK):
        return fault(
            f"{SHARED_MEMORY} is not there or may not be written, and Fast DDS needs it",
            "mount it",
            command=f"{commands.as_root('mkdir', '-p', str(SHARED_MEMORY))} && "
            + commands.as_root("mount", "-t", "tmpfs", "-o", "size=1g,mode=1777", "tmpfs", str(SHARED_MEMORY)),
        )
    disk, leftovers = shutil.disk_usage(SHARED_MEMORY), find_leftovers()
    dead = sum(each.size for each in leftovers)
    left = f"{_mb(dead)} of it was left by processes that were killed"
    clean = commands.own("doctor", "--clean")
    if disk.free < _ROOM <= disk.free + dead:
        return fault(f"only {_mb(disk.free)} of {SHARED_MEMORY} is free, and {left}", "remove it", command=clean)
    if disk.free < _ROOM:
        return fault(
            f"only {_mb(disk.free)} of the {_mb(disk.total)} of {SHARED_MEMORY} is free, and each ROS process takes "
            f"{_mb(_PROCESS)}",
            "make it larger; a Docker container gets its size from --shm-size=1g",
            command=commands.as_root("mount", "-o", "remount,size=1g", str(SHARED_MEMORY)),
        )
    if leftovers:
        return note(
            f"{_mb(disk.free)} of {SHARED_MEMORY} is free; {left} ({len(leftovers)} segments and ports)",
            "remove it",
            command=clean,
        )
    return ok(f"{_mb(disk.free)} of {SHARED_MEMORY} is free, and no killed process left anything there")


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
