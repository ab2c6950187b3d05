"""The file that keeps who was enrolled: its owner's alone, and undamaged."""

from __future__ import annotations

import shlex

from emotion_perception.cli.doctor.finding import Finding, Settings, fault, ok
from emotion_perception.core.errors import PeopleError


def check(_: Settings) -> Finding:
    """Look at the modes of the database and the files beside it, and have SQLite check it; no name is read."""
    from emotion_perception.core.people.database import inspect
    from emotion_perception.core.people.store import default_path

    path = default_path()
    try:
        files = sorted(path.parent.glob(f"{path.name}*"))
        open_to_others = [file for file in files if file.stat().st_mode & 0o077]
    except PermissionError as error:
        return fault(f"{path.parent} cannot be read ({error.strerror})", "see folders")
    if open_to_others:
        return fault(
            f"other users may read {open_to_others[0]}, which holds biometrics",
            "close it",
            command=f"chmod 600 {shlex.join(map(str, open_to_others))}",
        )
    if not files:
        return ok(f"nobody is enrolled (there is no {path})")
    try:
        inspect(path)
    except PeopleError as error:
        aside = shlex.join(["mv", str(path), f"{path}.damaged"])
        return fault(str(error), "restore a copy; or put it aside, and begin anew", command=aside)
    return ok(f"{path} is undamaged, and its owner's alone")
