"""Parameter files: ours and the user's, compared with what the nodes take."""

from __future__ import annotations

import shlex
from pathlib import Path

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, ok
from emotion_perception.core.errors import ParameterError


def check(settings: Settings) -> Finding:
    """Read each file as the nodes would."""
    from emotion_perception.cli.parameters import check_file
    from emotion_perception.core.paths import share_dir

    config = share_dir() / "config"
    for path in settings.params_files:
        try:
            check_file(path)
        except ParameterError as error:
            return fault(str(error), f"correct the file; {config / 'robot.yaml'} shows every parameter and its range")
    shipped = sorted(config.glob("*.yaml"))
    for path in shipped:
        try:
            check_file(path)
        except ParameterError as error:
            return fault(
                str(error), "undo the change, and keep your own values in a file of your own", command=_undo(path)
            )
    count = len(shipped) + len(settings.params_files)
    return ok(f"{count} parameter files are what the nodes take")


def _undo(path: Path) -> str:
    if commands.in_checkout():
        return f"git -C {shlex.quote(str(path.parent))} checkout -- {path.name}"
    return commands.set_up_again()
