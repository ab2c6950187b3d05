"""Which Python runs this, and whether the ROS 2 that is here was built for it."""

from __future__ import annotations

import os
import platform
import re
import shlex
import sys
from pathlib import Path

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, ok

_WHEELS_NEED = "3.11"


def check(_: Settings) -> Finding:
    """Compare this Python's version with those that rclpy is installed for."""
    version = ".".join(platform.python_version_tuple()[:2])
    installed = find_rclpy()
    if version in installed or (not installed and version == _WHEELS_NEED):
        where = f"the virtual environment {sys.prefix}" if sys.prefix != sys.base_prefix else f"{sys.executable}"
        return ok(f"Python {platform.python_version()} of {where}")
    this = f"{platform.python_implementation()} {platform.python_version()} ({sys.executable})"
    if not installed:
        return fault(
            f"{this} runs this, and the ROS 2 wheels need Python {_WHEELS_NEED}",
            "set up a virtual environment with that Python; the command says what it lacks",
            command=commands.set_up_again(),
        )
    other, prefix = next(iter(installed.items()))
    sentence = f"{this} runs this, but the ROS 2 in {prefix} is for Python {other}"
    script = prefix / "bin" / "emotion-perception"
    if script.is_file():
        return fault(sentence, "use that environment's command", command=shlex.join([str(script), "doctor"]))
    return fault(
        sentence,
        "leave the virtual environment or conda environment, so that the system's Python is found first",
        command=f"deactivate 2>/dev/null; source {shlex.quote(str(prefix / 'setup.bash'))}",
    )


def find_rclpy() -> dict[str, Path]:
    """Return for which Python versions ("3.11") rclpy is installed, and the environment or ROS that it is in."""
    checkout = Path(__file__).resolve().parents[4]
    prefixes = [
        Path(sys.prefix),
        *(Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix),
        *sorted(Path("/opt/ros").glob("*")),
        checkout / ".venv",
    ]
    found: dict[str, Path] = {}
    for prefix in prefixes:
        for package in (*prefix.glob("lib/python3.*/site-packages/rclpy"), *prefix.glob("lib/python3/*/rclpy")):
            for compiled in package.glob("_rclpy_pybind11.cpython-3*.so"):
                match = re.search(r"cpython-3(\d+)", compiled.name)
                if match:
                    found.setdefault(f"3.{match[1]}", prefix)
    return found
