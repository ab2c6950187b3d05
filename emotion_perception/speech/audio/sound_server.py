"""What the sound server (PulseAudio, or PipeWire in its place) has; needs no library."""

from __future__ import annotations

import shutil
import subprocess
from typing import Literal


def list_names(kind: Literal["sinks", "sources"]) -> list[str]:
    """Return the names of its loudspeakers or microphones, none if it does not run.

    A sink's monitor and the sink without a device do not count.
    """
    if not shutil.which("pactl"):
        return []
    try:
        listed = subprocess.run(
            ["pactl", "list", "short", kind], capture_output=True, text=True, timeout=5, check=False
        ).stdout
    except subprocess.TimeoutExpired:
        return []
    names = [line.split("\t")[1] for line in listed.splitlines() if "\t" in line]
    return [name for name in names if not name.endswith(".monitor") and name != "auto_null"]
