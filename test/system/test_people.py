"""Somebody enrols and is forgotten from the command line while the robot runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TIMEOUT = 60.0


def test_the_robot_greets_who_enrolled_and_not_who_was_forgotten(
    robot: Callable[..., Any], asset: Callable[[str], Path], photograph: Path, tmp_path: Path
) -> None:
    people = tmp_path / "data" / "people.db"

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "emotion_perception.cli.main", "people", *arguments, "--people", str(people)]
        return subprocess.run(program, capture_output=True, text=True, timeout=TIMEOUT)

    run = robot(
        *("--source", f"file:{asset('demo_clip')}", "--param", "camera.loop:=true", "--no-overlay"),
        *("--param", f"face_identity.people:={people}"),
    )
    run.wait_line("stdout", "face_1")
    refused = command("enroll", "--name", "Ελένη", "--image", str(photograph))
    assert refused.returncode == 1
    assert "consent" in refused.stderr

    enrolled = command("enroll", "--name", "Ελένη", "--image", str(photograph), "--consent", "asked in a test")
    assert enrolled.returncode == 0, enrolled.stderr
    run.wait_line("stdout", "Ελένη ")
    assert "Ελένη" in command("list").stdout

    assert command("forget", "Ελένη").returncode == 0
    lines = run.stdout.count("\n")
    run.wait_count("stdout", "", lines + 4)
    assert "Ελένη" not in "".join(run.stdout.splitlines()[lines + 2 :]), "a second after it was forgotten"
    assert run.process.poll() is None, run.stderr
    assert (people.stat().st_mode & 0o777, people.parent.stat().st_mode & 0o777) == (0o600, 0o700)
