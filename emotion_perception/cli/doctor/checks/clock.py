"""The computer's clock, which stamps every image and decides when what is kept of a person expires."""

from __future__ import annotations

import shutil
import subprocess
import time

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note, ok

_EARLIEST, _LATEST = 2025, 2100  # years; before the first, this package did not exist


def check(_: Settings) -> Finding:
    """See that the year is plausible, and ask systemd whether the clock is kept right."""
    now = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    if not _EARLIEST <= time.gmtime().tm_year <= _LATEST:
        return fault(
            f"the clock says {now}, which cannot be",
            "set it, best from the network; a computer without a battery loses the time when it is switched off",
            command=commands.as_root("timedatectl", "set-ntp", "true"),
        )
    kept = _kept_by_network()
    if kept is False:
        return note(
            f"it is {now}, and nothing keeps the clock right, so the stamps of two computers cannot be compared",
            "have it set from the network",
            command=commands.as_root("timedatectl", "set-ntp", "true"),
        )
    return ok(f"{now}" + (", kept right by the network" if kept else ""))


def _kept_by_network() -> bool | None:
    """Return whether the clock is synchronised; None where systemd does not know."""
    if not shutil.which("timedatectl"):
        return None
    command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except subprocess.TimeoutExpired:
        return None
    return {"yes": True, "no": False}.get(said.stdout.strip()) if said.returncode == 0 else None
