"""The C++ compiler and Python's headers, with which set-up builds the messages."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sysconfig
from pathlib import Path

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note, ok


def check(_: Settings) -> Finding:
    """Look for both; what is missing matters only where the messages are still to be built."""
    names = [os.environ.get("CXX", ""), "c++", "g++", "clang++"]
    compiler = next((path for path in map(shutil.which, filter(None, names)) if path), None)
    headers = Path(sysconfig.get_path("include"), "Python.h").is_file()
    if compiler and headers:
        return ok(f"{compiler}, and Python's headers (needed for set-up only)")
    missing = " and ".join(([] if compiler else ["a C++ compiler"]) + ([] if headers else ["Python's headers"]))
    packages = ([] if compiler else ["build-essential"]) + ([] if headers else ["python3-dev"])
    if importlib.util.find_spec("emotion_perception.msg"):
        return note(
            f"{missing} is not here, which only matters when the messages are built again",
            "install it before the next set-up",
            command=commands.apt(*packages),
        )
    return fault(
        f"{missing} is not here, and the messages are not built yet",
        "install it, then set up",
        command=f"{commands.apt(*packages)} && {commands.set_up_again()}",
    )
