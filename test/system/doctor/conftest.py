"""The doctor as a user calls it, on computers and robots that are broken for real."""

from __future__ import annotations

import itertools
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from emotion_perception.cli.doctor.graph.domains import find_domains

DOCTOR = [sys.executable, "-m", "emotion_perception.cli.main", "doctor"]


_DOMAINS = itertools.count(os.getpid())


@pytest.fixture
def domain(monkeypatch: pytest.MonkeyPatch) -> int:
    """A ROS domain on which nobody else is: the doctor sees all nodes, also those of other tests that run now."""
    number = next(number for number in (1 + count % 99 for count in _DOMAINS) if not find_domains()[number])
    monkeypatch.setenv("ROS_DOMAIN_ID", str(number))
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    return number


@dataclass(frozen=True)
class Diagnosis:
    """What `doctor --json` printed, and its exit code."""

    document: dict[str, Any]
    code: int

    def __getitem__(self, check: str) -> dict[str, str]:
        return next(each for each in self.document["findings"] if each["check"] == check)

    @property
    def sentences(self) -> str:
        return " | ".join(each["sentence"] for each in self.document["findings"])


@pytest.fixture
def doctor() -> Callable[..., Diagnosis]:
    """doctor("weights", environment={…}, after="chmod …", inside=["unshare", "-m"]) -> its diagnosis.

    after: a shell line that is run first, in the same shell, as when a user pastes a remedy there.
    inside: a command to run that shell with.
    """

    def call(
        *arguments: str, environment: dict[str, str] | None = None, after: str = "", inside: tuple[str, ...] = ()
    ) -> Diagnosis:
        line = shlex.join([*DOCTOR, "--json", "--seconds", "2", *arguments])
        shell = [*inside, "bash", "-c", f"{{ {after or ':'}\n}} >&2; {line}"]
        done = subprocess.run(
            shell, env=os.environ | (environment or {}), capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode in (0, 1), done.stderr
        assert "Traceback" not in done.stderr
        return Diagnosis(json.loads(done.stdout), done.returncode)

    return call


@pytest.fixture
def own_mounts() -> tuple[str, ...]:
    """A command that runs another one with mounts of its own; a skip where this user may not do that."""
    return _allowed("unshare", "-m")


@pytest.fixture
def own_network() -> tuple[str, ...]:
    """A command that runs another one with a network of its own, whose lo is down; a skip where that is not allowed."""
    return _allowed("unshare", "-n")


def _allowed(*command: str) -> tuple[str, ...]:
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"`{shlex.join(command)}` is not allowed here ({tried.stderr.strip()}): run the tests as root")
    return command
