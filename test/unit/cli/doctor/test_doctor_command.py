from __future__ import annotations

import json
from pathlib import Path

import pytest

from emotion_perception.cli.doctor import segments
from emotion_perception.cli.main import main

SEGMENT = "fastrtps_0123456789abcdef"


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_seconds_that_make_no_sense(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--graph", f"--seconds={seconds}"])
    assert ended.value.code == 2
    assert f'"{seconds}" is not a number from 1 to 600' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["spleen"], 'there is no check "spleen": choose from python, compiler, '),
        (["clock", "--clean"], "--graph and --clean do one thing: leave out clock"),
    ],
)
def test_checks_that_make_no_sense(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *arguments]) == 1
    assert said in capsys.readouterr().err


def test_lines_for_people(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", "300")
    assert main(["doctor", "domain"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        'fault ROS environment  ROS_DOMAIN_ID is "300", and domains are numbers from 0 to 232',
        "                       -> take the robot's number, the same in every shell; unset is 0:",
        "                          unset ROS_DOMAIN_ID",
        "1 fault, no notes",
    ]


def test_what_clean_removed_as_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (SEGMENT, f"{SEGMENT}_el"):
        (tmp_path / name).write_bytes(b"x")
    monkeypatch.setattr(segments.find_leftovers, "__defaults__", (tmp_path,))
    assert main(["doctor", "--clean", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == [SEGMENT]
    assert list(tmp_path.iterdir()) == []
