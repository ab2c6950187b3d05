"""What processes use of the machine, from /proc."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def with_descendants(pids: Sequence[int]) -> list[int]:
    """The processes, and all that they have started and that still run, each once."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            parents[int(folder.name)] = int(_fields(int(folder.name))[1])
    found = list(dict.fromkeys(pids))
    for pid in found:  # grows as it goes
        found += [child for child, parent in parents.items() if parent == pid and child not in found]
    return found


def cpu_seconds(pids: Sequence[int]) -> float:
    """CPU time that the processes have taken so far, all threads, user and system."""
    ticks = 0
    for pid in pids:
        fields = _fields(pid)
        ticks += int(fields[11]) + int(fields[12])  # utime and stime
    return ticks / _TICK


def memory_bytes(pids: Sequence[int]) -> int:
    """Memory of the processes; what several of them share is counted once (proportional set size)."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += 1024 * int(line.split()[1])
    return total


def _fields(pid: int) -> list[str]:
    """The fields of /proc/pid/stat from the third, the state, on: the name before them may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


class CpuMeter:
    """Measures what some processes and their descendants take, from `start` to `stop`."""

    def __init__(self, pids: Sequence[int]) -> None:
        self.pids = list(pids)

    def start(self) -> None:
        """Begin with the descendants that there are now."""
        self.pids = with_descendants(self.pids)
        self._begin, self._spent = time.monotonic(), cpu_seconds(self.pids)

    def stop(self) -> tuple[float, float]:
        """Return the CPU seconds and the seconds that passed since `start`."""
        return cpu_seconds(self.pids) - self._spent, time.monotonic() - self._begin


def machine() -> dict[str, str | int | float]:
    """Processor, cores and memory of this machine, as its kernel tells."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "memory GB": round(pages / 1e9, 1)}
