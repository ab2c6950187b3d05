from __future__ import annotations

import io
from pathlib import Path

import pytest

from emotion_perception.cli.main import main
from emotion_perception.cli.scenario_try import Try
from emotion_perception.core.scenario.engine import Engine
from emotion_perception.core.scenario.loading import load_scenario
from emotion_perception.core.scenario.memory import Memory


def test_check_counts_what_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "check"]) == 0
    assert "greet_and_react: 9 states" in capsys.readouterr().out


def test_check_names_every_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("languages: [en]\nstates:\n  a:\n    say: b\n    wiat_for: []\n")
    assert main(["scenario", "check", str(path)]) == 1
    out, error = capsys.readouterr()
    assert out == ""
    assert error.splitlines() == [
        f'{path}:3: nothing leads out of the state "a": give it a rule with "go"',
        f'{path}:4: there is no text "b": there is none',
        f'{path}:5: "wiat_for" is no key of the state a: did you mean wait_for?',
    ]


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.svg", b"<?xml"), ("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.dot", b'digraph "greet_and_react"'),
     ("a.mmd", b"stateDiagram-v2"), ("a.md", b"```mermaid")],
)  # fmt: skip
def test_draw_writes_what_the_suffix_says(tmp_path: Path, name: str, begins: bytes) -> None:
    assert main(["scenario", "draw", "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_draw_shows_every_state_and_the_ways_between(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "draw"]) == 0
    out = capsys.readouterr().out
    states = load_scenario("greet_and_react").states
    assert [state for state in states if f"--> {state}" not in out] == []
    assert "    ask_consent --> ask_name: heard yes\n" in out
    assert "    anywhere_ --> alone: person left\n" in out


@pytest.mark.parametrize(("name", "fault"), [("a.gif", "let the name end in one of"), ("no/a.svg", "cannot write")])
def test_draw_refuses_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, fault: str) -> None:
    assert main(["scenario", "draw", "--out", str(tmp_path / name)]) == 1
    assert fault in capsys.readouterr().err


def tried(lines: str, language: str = "en", known: str = "") -> str:
    out = io.StringIO()
    engine = Engine(load_scenario("greet_and_react"), language=language, memory=Memory())
    Try(engine, known=known, now=86400.0).run(io.StringIO(lines), out)
    return out.getvalue()


def test_try_plays_a_conversation() -> None:
    out = tried("yes\nmy name is Tom\nyes\n/leave\n/wait 3600\n/known Tom\n/face happy\n/quit\nno\n")
    assert "robot: Hello! I don't think we have met." in out
    assert "[enrols: Tom: asked by the robot" in out
    assert "robot: Hello, Tom! Nice to see you." in out
    assert "robot: What a nice smile!" in out


def test_try_begins_with_somebody_known_in_another_language() -> None:
    assert "robot: Szia, Éva! Örülök, hogy látlak." in tried("", language="hu", known="Éva")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/dance", "there is no /dance: try /help"),
        ("/wait long", '"long" is no time to wait'),
        ("/face odd", 'no face shows "odd"'),
        ("/leave\n/leave", "nobody is here"),
        ("/expect", "in en: yes, yeah"),
        ("/known A\n/known A", "A is here already"),
        ("/fail\nyes\nTom\nyes", "could not remember your face"),
    ],
)
def test_try_answers_commands(line: str, answer: str) -> None:
    assert answer in tried(line)
