"""What is wrong with a scenario is named with its file and line before anybody is greeted."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from emotion_perception.core.errors import ScenarioError
from emotion_perception.core.intents.phrasebook import DECOYS
from emotion_perception.core.scenario import templates
from emotion_perception.core.scenario.engine import Engine
from emotion_perception.core.scenario.loading import load_scenario, scenario_names
from emotion_perception.core.scenario.memory import Memory
from emotion_perception.core.scenario.model import EFFECTS, EVENTS, Scenario, Settings
from emotion_perception.core.scenario.rehearsal import Rehearsal

ROOT = Path(__file__).resolve().parents[4]
DOCS = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")

GOOD = """\
languages: [en, el]
states:
  alone:
    wait_for:
      - person: anyone
        go: ask
  ask:
    say: {en: "Tea, {{ name }}?", el: "Τσάι;"}
    wait_for:
      - heard: "yes"
        say: fine
        go: alone
      - silence: 8 s
        go: alone
texts:
  fine:
    en: Fine.
    el: Ωραία.
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "tea.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(folder, text))
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]


def test_a_good_scenario_is_loaded(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, GOOD))
    assert (scenario.name, scenario.languages, scenario.start) == ("tea", ("en", "el"), "alone")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("go: ask", "go: aks", 'tea.yaml:5: there is no state "aks" to go to: did you mean ask?'),
        (
            "  ask:",
            "  lost:\n    wait_for: [{silence: 1 s, go: alone}]\n  ask:",
            'tea.yaml:7: nothing leads to the state "lost"',
        ),
        (', el: "Τσάι;"', "", "tea.yaml:8: this text is missing in el"),
        ("    el: Ωραία.\n", "", 'tea.yaml:16: the text "fine" is missing in el'),
        ("{{ name }}", "{{ nam }}", 'tea.yaml:8: the text uses "nam", which is not defined: did you mean name?'),
        ("{{ name }}", "{{ name", "tea.yaml:8: this text is no template: "),
        ("{{ name }}", "{{ age }}", "tea.yaml:8: this text cannot be said to everybody: it would say None"),
        (
            "{{ name }}",
            "{{ name.family }}",
            "tea.yaml:8: this text cannot be said to everybody: 'str object' has no attribute",
        ),
        (
            "{{ name }}",
            "{{ ''.__class__.__mro__ }}",
            "tea.yaml:8: this text cannot be said to everybody: access to attribute",
        ),
        ("Ωραία.", "|\n      Ωραία\n      {{ ora }}", 'tea.yaml:20: the text uses "ora"'),
        ("say: fine", "say: fin", 'tea.yaml:11: there is no text "fin": did you mean fine?'),
        ("say: fine", "sya: fine", 'tea.yaml:11: "sya" is no key of the rule: did you mean say?'),
        (
            "say: fine",
            "say: Fine then!",
            "tea.yaml:11: say of the rule is in one language: give one per language (en, el)",
        ),
        ('heard: "yes"', "heard: yess", 'tea.yaml:10: a rule cannot wait for heard "yess": did you mean yes?'),
        ('heard: "yes"', "herd: yes", 'tea.yaml:10: "herd" is no key of the rule: did you mean heard?'),
        ("go: ask", "say: fine", 'tea.yaml:5: whoever appears is talked to from then on: "go" to the state'),
        (
            "go: ask",
            "if: agee > 3\n        go: ask",
            'tea.yaml:5: "if" uses "agee", which is not defined: did you mean age?',
        ),
        (
            "go: ask",
            "if: age > 3\n        go: ask",
            "tea.yaml:5: \"if: age > 3\" cannot be evaluated: '>' not supported",
        ),
        ("go: ask", "if: age >\n        go: ask", 'tea.yaml:5: "if: age >" is no condition: '),
        ("go: ask", "do: great\n        go: ask", 'tea.yaml:6: "great" is nothing to do: did you mean greeted?'),
        ("8 s", "8", 'tea.yaml:13: silence of the rule is "8": write a time with its unit, as in 8 s, 500 ms or 2 min'),
        ("[en, el]", "[en, el, fr]", 'tea.yaml:1: there are no phrases for the language "fr"'),
        (
            "[en, el]",
            "[en, el]\nstart: aloen",
            'tea.yaml:2: there is no state "aloen" to start in: did you mean alone?',
        ),
        (
            "[en, el]",
            "[en, el]\nsettings: {left_after: soon}",
            'tea.yaml:2: left_after of settings is "soon": write a time',
        ),
        (
            "[en, el]",
            "[en, el]\nsettings: {understand_above: 3}",
            'tea.yaml:2: understand_above of settings is "3": write a',
        ),
        (
            "[en, el]",
            "[en, el]\nlanguages: [en]",
            'tea.yaml:2: "languages" is there twice in the file (first in line 1)',
        ),
        (
            "      - silence: 8 s\n        go: alone\n",
            "",
            'tea.yaml:7: the state "ask" would wait for ever once the person has left',
        ),
        ("go: alone", "go: again", 'tea.yaml:7: nothing leads out of the state "ask": give it a rule with "go"'),
        (
            "    say: {en",
            "    do: enroll\n    say: {en",
            'tea.yaml:7: the state "ask" does not say what follows when the enrolment is',
        ),
        (
            "      - silence",
            '      - heard: "yes"\n      - silence',
            "tea.yaml:13: this rule never applies: the one in line 10",
        ),
        (
            "    wait_for:\n      - person",
            "    wait_for: 3\n    say:\n      - person",
            "tea.yaml:4: wait_for of the state alone has to be a list",
        ),
        (
            "      - person: anyone",
            "      - person: anyone\n        heard: hello",
            "tea.yaml:5: the rule waits for person and heard",
        ),
        ("texts:", "texts: [", "tea.yaml:17: this is not YAML: "),
        ("texts:", "intents:\n  dance:\n    en: [dance]\ntexts:", None),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, fault: str | None) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new)
    if fault is None:
        load_scenario(write(tmp_path, text))
    else:
        found = faults(tmp_path, text)
        assert any(line.startswith(fault) for line in found), found


def test_an_intent_without_phrases_in_a_language_is_named(tmp_path: Path) -> None:
    text = GOOD.replace('heard: "yes"', "heard: dance") + "intents: {dance: {en: [dance, shall we dance]}}\n"
    assert faults(tmp_path, text) == ['tea.yaml:10: the intent "dance" has no phrases in el']


def test_all_faults_are_named_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = GOOD.replace("go: ask", "go: aks").replace("8 s", "soon").replace("{{ name }}", "{{ nam }}")
    assert [int(line.split(":")[1]) for line in faults(tmp_path, text)] == [5, 7, 8, 13]


def test_faults_in_the_files_of_a_language_are_named_there(tmp_path: Path) -> None:
    (tmp_path / "tea.el.yaml").write_text(
        "language: en\ntexts:\n  fine: Ωραία.\n  tea: '{{ tea }}'\n", encoding="utf-8"
    )
    (tmp_path / "phrases.en.yaml").write_text("intents:\n  'yes': [yes]\n  ok: ['yes']\n", encoding="utf-8")
    assert faults(tmp_path, GOOD) == [
        'phrases.en.yaml:1: the file does not say "language:" (a tag such as en)',
        'phrases.en.yaml:3: "yes" is a phrase of yes and of ok: leave it with one',
        'tea.el.yaml:1: the language is "en", but the file\'s name says el',
        f'tea.el.yaml:3: the text "fine" is there twice in el (first in {tmp_path}/tea.yaml:18)',
        'tea.el.yaml:4: the text "tea" is missing in en',
        'tea.el.yaml:4: the text uses "tea", which is not defined: there is age, asked, before, can_speak,'
        " emotion, gender, greeted, heard_name, known, language, let_be, misses, name, other_name, others, refused,"
        " refused_today, word",
    ]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe", "this is not UTF-8 text (byte 0)"),
        (b"- a", "the file has to be a mapping"),
        (b"{}", 'the scenario has no "languages:"'),
        (b"[" * 5000, "nested too deeply"),
        (b"a: \t- b", "this is not YAML"),
    ],
)
def test_a_file_that_is_no_scenario_is_one_sentence(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "tea.yaml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError, match=re.escape(fault)):
        load_scenario(path)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("greet_and_raect", "did you mean greet_and_react"),
        ("./nothing.yaml", "there is no file nothing.yaml"),
        (".", "is a folder"),
    ],
)
def test_a_scenario_that_is_not_there_is_one_sentence(name: str, fault: str) -> None:
    with pytest.raises(ScenarioError, match=fault):
        load_scenario(name)


def test_every_scenario_of_the_package_is_good() -> None:
    assert scenario_names() == ("greet_and_react",)
    for name in scenario_names():
        load_scenario(name)


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert len(blocks) == 1
    rehearsal = Rehearsal(Engine(load_scenario(write(tmp_path, blocks[0])), language="en", memory=Memory()))
    face = rehearsal.appear()
    for text in ("perhaps", "no", "do you know a joke", "bye"):
        rehearsal.settle()
        rehearsal.say(text)
    rehearsal.settle()
    rehearsal.leave(face)
    rehearsal.wait(60)
    rehearsal.appear(rehearsal.know("Anna"))
    rehearsal.settle()
    assert [line.text for line in rehearsal.take() if line.who == "robot"] == [
        "Hello, stranger! Do you like robots?",
        "Please say yes or no.",
        "That is fine.",
        "I would, but my timing is milliseconds off.",
        "Goodbye!",
        "Hello, Anna!",
    ]


def test_the_documentation_names_everything_there_is(scenario: Scenario) -> None:
    rows = set(re.findall(r"^\| `(\w+)", DOCS, re.MULTILINE))
    assert rows >= {
        *EVENTS,
        *EFFECTS,
        *templates.VARIABLES,
        *templates.FUNCTIONS,
        *(field.name for field in fields(Settings)),
    }
    intents = scenario.phrasebooks["en"].intents.keys() - {DECOYS}
    assert {intent for intent in intents if f"`{intent}`" not in DOCS} == set()


def test_every_language_has_the_same_intents_and_no_other_texts(scenario: Scenario) -> None:
    books = scenario.phrasebooks
    assert {language: book.intents.keys() for language, book in books.items()} == dict.fromkeys(
        books, books["en"].intents.keys()
    )
    for book in books.values():
        assert book.intents.keys() == books["en"].intents.keys()
        assert book.languages.keys() == books.keys()
        assert book.expressions.keys() == books["en"].expressions.keys()
        assert book.names.patterns and book.names.common and book.native and book.ask_language
