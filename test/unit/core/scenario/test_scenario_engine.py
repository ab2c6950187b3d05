"""The engine's contract with the node: time, deadlines, and services that answer late, twice or never."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_perception.core.errors import ScenarioError
from emotion_perception.core.scenario.actions import Enroll, Expect, Hush, Report, Say
from emotion_perception.core.scenario.engine import Engine
from emotion_perception.core.scenario.events import Enrolled, Forgotten, Heard, Person, Spoken
from emotion_perception.core.scenario.loading import load_scenario
from emotion_perception.core.scenario.memory import Memory
from emotion_perception.core.scenario.model import Scenario

NOW = 1.76e9
STRANGER = Person("f1", 0.1, identified=True)


@pytest.fixture
def engine(scenario: Scenario) -> Engine:
    return Engine(scenario, language="en", memory=Memory())


def kinds(actions: list[object]) -> list[type]:
    return [type(action) for action in actions]


def test_starting_reports_and_expects_before_anything_is_said(engine: Engine) -> None:
    assert engine.state == ""
    assert engine.start(NOW) == [Report("alone", "", "", "", "en", "person"), Expect("en", (), ())]
    assert engine.next_deadline() is None
    actions = engine.see([STRANGER], NOW + 1)
    assert kinds(actions) == [Report, Expect, Say]
    assert actions[0] == Report("ask_consent", "f1", "", "", "en", "answer")
    assert isinstance(actions[1], Expect)
    assert {"yes", "no", "forget me", "speak greek"} <= set(actions[1].phrases)
    assert "blah" not in actions[1].phrases


def test_what_is_expected_is_sent_once(engine: Engine) -> None:
    engine.start(NOW)
    engine.see([STRANGER], NOW)
    assert engine.see([STRANGER], NOW + 0.1) == []
    assert kinds(engine.hear(Heard("bla"), NOW + 0.2)) == []  # over its own voice: an echo
    engine.done(Spoken(), NOW + 5)
    assert kinds(engine.hear(Heard("bla"), NOW + 6)) == [Say]


def test_an_engine_that_is_not_running_ignores_everything(engine: Engine) -> None:
    assert engine.see([STRANGER], NOW) == engine.hear(Heard("yes"), NOW) == engine.tick(NOW) == engine.stop(NOW) == []
    assert engine.done(Spoken(), NOW) == []
    engine.start(NOW)
    engine.see([STRANGER], NOW)
    assert engine.stop(NOW + 1) == [Hush(), Report("", "", "", "", "en", "")]
    assert engine.see([STRANGER], NOW + 2) == []
    assert engine.next_deadline() is None
    assert kinds(engine.start(NOW + 3)) == [Report, Expect]


def test_starting_while_running_begins_anew(engine: Engine) -> None:
    engine.start(NOW)
    engine.see([STRANGER], NOW)
    assert kinds(engine.start(NOW + 1)) == [Hush, Report, Expect]


@pytest.mark.parametrize("began", [NOW, 1000.0])
@pytest.mark.parametrize("now", [0.1 * number for number in range(1, 40)])
def test_a_deadline_that_is_kept_always_lies_ahead(engine: Engine, began: float, now: float) -> None:
    """Also when the clock was set back, so that sums of both clocks are rounded: a tick must not come too early."""
    engine.start(began)
    engine.see([STRANGER], began + 0.1)
    engine.see([STRANGER], now)
    ticks = 0
    while (deadline := engine.next_deadline()) is not None:
        assert deadline - now >= 0.0005
        now = deadline
        engine.tick(now)
        ticks += 1
        assert ticks < 20
    assert engine.state == "alone"  # without a camera's pictures nobody is there


def test_a_mouth_that_never_ends_does_not_stop_the_conversation(engine: Engine) -> None:
    engine.start(NOW)
    for second in range(150):
        engine.see([STRANGER], NOW + second)
    assert engine.state == "chat"


def test_services_that_do_not_answer_are_given_up_and_late_answers_ignored(engine: Engine) -> None:
    engine.start(NOW)
    engine.see([STRANGER], NOW)
    engine.done(Spoken(), NOW + 0.5)
    engine.hear(Heard("yes I'm Tom"), NOW + 1)
    actions = engine.hear(Heard("yes"), NOW + 2)
    assert [action for action in actions if isinstance(action, Enroll)] == [
        Enroll("f1", "Tom", actions[-1].consent, "en")  # type: ignore[union-attr]
    ]
    assert engine.state == "enrol"
    said = [
        action.text
        for second in range(3, 30)
        for action in engine.see([STRANGER], NOW + second)
        if isinstance(action, Say)
    ]
    assert "could not remember" in said[0]
    assert engine.done(Enrolled("p1", "Tom"), NOW + 31) == []
    assert engine.done(Forgotten(), NOW + 31) == []
    assert engine.state == "chat"


def test_a_clock_that_is_set_back_stands_still(engine: Engine) -> None:
    engine.start(NOW)
    engine.see([STRANGER], NOW)
    engine.done(Spoken(), NOW + 1)
    engine.see([STRANGER], NOW - 1000)
    deadline = engine.next_deadline()
    assert deadline is not None and NOW - 1000 < deadline < NOW - 990
    for second in range(7):
        engine.see([STRANGER], NOW - 1000 + second)
    assert engine.state == "ask_consent"


def test_somebody_identity_never_decides_about_counts_as_unknown(engine: Engine) -> None:
    engine.start(NOW)
    undecided = Person("f1", 0.1)
    assert engine.see([undecided], NOW) == []
    assert engine.see([undecided, Person("f2", 0.01, "p", "Far", identified=True)], NOW + 1) == []
    engine.see([undecided], NOW + 5)
    assert engine.state == "ask_consent"


def test_a_hush_comes_before_what_is_said_instead(engine: Engine) -> None:
    engine.start(NOW)
    engine.see([STRANGER], NOW)
    assert kinds(engine.hear(Heard("no"), NOW + 0.5)) == [Hush, Report, Expect, Say]


def test_nobody_agrees_to_what_they_have_not_heard_to_its_end(engine: Engine) -> None:
    engine.start(NOW)
    engine.see([STRANGER], NOW)
    assert engine.hear(Heard("yes"), NOW + 0.5) == []
    engine.done(Spoken(interrupted=True), NOW + 2)
    engine.hear(Heard("yes"), NOW + 3)
    assert engine.state == "ask_consent"
    engine.done(Spoken(), NOW + 5)
    engine.hear(Heard("yes"), NOW + 6)
    assert engine.state == "ask_name"


def test_nobody_agrees_to_a_mouth_that_was_given_up(engine: Engine) -> None:
    engine.start(NOW)
    engine.see([STRANGER], NOW)
    for second in range(1, 60):
        engine.see([STRANGER], NOW + second)
    assert engine.state == "ask_consent"
    engine.hear(Heard("yes"), NOW + 60)
    assert engine.state == "ask_consent"


def test_people_whose_numbers_are_no_numbers_are_far_away(engine: Engine) -> None:
    engine.start(NOW)
    odd = Person("f0", float("nan"), confidence=float("nan"), label="happy", identified=True)
    engine.see([odd, STRANGER, STRANGER], NOW)
    engine.done(Spoken(), NOW + 0.5)
    assert engine.see([odd, STRANGER], NOW + 1) == []
    engine.hear(Heard("yes"), NOW + 1)
    assert isinstance(engine.hear(Heard("Tom", confidence=float("nan")), NOW + 2)[0], Hush)


def test_a_language_without_texts_is_refused(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r'no texts in "fr": choose one of en, el, uk, hu, zh'):
        Engine(scenario, language="fr", memory=Memory())


def test_a_refusal_is_known_while_the_face_is_and_that_there_was_one_for_the_day(tmp_path: Path) -> None:
    (tmp_path / "no.yaml").write_text(
        "languages: [en]\nstates:\n  away:\n    wait_for:\n      - {person: anyone, go: here}\n  here:\n    wait_for:\n"
        '      - {heard: "no", do: refuse}\n      - {heard: hello, say: "{{ refused }} {{ refused_today }}"}\n'
        "      - {person: left, go: away}\n"
    )
    engine = Engine(load_scenario(tmp_path / "no.yaml"), language="en", memory=Memory())
    engine.start(NOW)
    engine.see([STRANGER], NOW)
    assert engine.hear(Heard("hello"), NOW + 1)[-1] == Say("False False", "en")
    engine.hear(Heard("no"), NOW + 2)
    assert engine.hear(Heard("hello"), NOW + 3)[-1] == Say("True True", "en")
    engine.see([], NOW + 10)
    engine.see([], NOW + 60)
    engine.see([Person("f2", 0.1, identified=True)], NOW + 61)
    assert engine.hear(Heard("hello"), NOW + 62)[-1] == Say("False True", "en")
