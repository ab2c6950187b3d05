"""`emotion-perception lifecycle` beside a running robot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emotion_perception.cli.main import main

SYNTHETIC = ("--source", "synthetic:?width=64&height=48")


def test_a_node_is_led_through_its_states(
    robot: Callable[..., Any], domain: int, capsys: pytest.CaptureFixture[str]
) -> None:
    run = robot(*SYNTHETIC, "--no-overlay", "--namespace", "robot1")
    run.wait_line("stdout", "nobody")

    assert main(["lifecycle", "/robot1/camera", "deactivate"]) == 0
    run.wait_line("stdout", "no frames")
    assert main(["lifecycle", "robot1/camera", "cleanup", "configure", "activate"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "/robot1/camera: deactivate done",
        "robot1/camera: cleanup done",
        "robot1/camera: configure done",
        "robot1/camera: activate done",
    ]

    assert main(["lifecycle", "robot1/camera", "activate"]) == 1
    assert "robot1/camera did not activate: its log says why" in capsys.readouterr().err


def test_a_node_that_is_not_there(domain: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lifecycle", "/camera", "activate"]) == 1
    assert capsys.readouterr().err.startswith("emotion-perception: there is no managed node /camera on this domain")
