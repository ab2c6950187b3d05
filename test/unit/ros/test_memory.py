"""Memory that is given back is there for the next frame."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from emotion_perception.ros.memory import keep_memory
if sys.argv[1] == "keep": keep_memory()
def frame(): return [b"x" * (1 << 20) for _ in range(16)]
frame()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10): frame()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str, **variables: str) -> int:
    """Page faults of ten frames of 4096 pages."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")} | variables
    command = [sys.executable, "-c", PROGRAM, how]
    return int(subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is about glibc's malloc")
def test_frames_use_the_same_pages_again() -> None:
    assert faults("keep") < 2 * 4096
    assert faults("leave") > 5 * 4096


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is about glibc's malloc")
def test_what_the_user_has_set_is_respected() -> None:
    assert faults("keep", MALLOC_TRIM_THRESHOLD_="4096") > 5 * 4096
