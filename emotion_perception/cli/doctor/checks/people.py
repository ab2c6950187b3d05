"""The file that keeps who was enrolled: only its owner may read it."""

from __future__ import annotations

import os
import shlex

from emotion_perception.cli.doctor.finding import Finding, Settings, fault, ok


def check(_: Settings) -> Finding:
    """Look at the database's mode and owner; nothing in it is read."""
    from emotion_perception.core.paths import data_dir

    folder = data_dir()
    files = sorted(folder.glob("people.*")) if os.access(folder, os.R_OK | os.X_OK) else []
    for path in files:
        if path.stat().st_mode & 0o077:
            return fault(
                f"other users may read {path}, which holds biometrics",
                "close it",
                command=f"chmod 600 {shlex.quote(str(path))}",
            )
    return ok(f"{files[0]} is its owner's alone" if files else f"nobody is enrolled (no people.* in {folder})")
