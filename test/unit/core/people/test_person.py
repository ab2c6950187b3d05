from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people.person import (
    Consent,
    checked_language,
    checked_name,
    checked_retention,
    expiry,
    shown,
)

NAMES = [
    "Ἀλέξανδρος Παπαδιαμάντης",
    "Олена Їжакевич",
    "Őrsi Ágnes",
    "王小明",
    'O\'Brien "Bob"',
    "Robert'); DROP TABLE person;--",
    "سارة",
    "क्\u200dष",  # a zero width joiner is part of how some scripts are written
    "🤖",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_stays_as_it_is(name: str) -> None:
    assert checked_name(name) == unicodedata.normalize("NFC", name)


@given(st.text(max_size=110))
def test_a_name_is_refused_or_fit_to_be_kept(text: str) -> None:
    try:
        name = checked_name(text)
    except PeopleError as error:
        assert "\n" not in str(error)
        return
    assert checked_name(name) == name == unicodedata.normalize("NFC", text.strip())
    assert name.encode().decode() == name
    assert shown(name) == name
    assert len(name.splitlines()) == 1


def test_a_name_is_stripped_and_composed() -> None:
    assert checked_name("  Zoe\u0301 \n") == "Zoé"


def test_the_longest_name() -> None:
    assert checked_name("x" * 100) == "x" * 100
    with pytest.raises(PeopleError, match=r'^the name "x{19}…" has 101 characters: give at most 100\.$'):
        checked_name("x" * 101)


@pytest.mark.parametrize("text", ["", "  ", "\n", "\u200d", "\u0301"])
def test_a_name_without_anything_to_read_is_refused(text: str) -> None:
    with pytest.raises(PeopleError, match="the name is empty"):
        checked_name(text)


@pytest.mark.parametrize("character", ["\n", "\0", "\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\ud800"])
def test_a_name_that_would_spoil_a_line_is_refused_and_shown_escaped(character: str) -> None:
    with pytest.raises(PeopleError, match=rf"holds the control character U\+{ord(character):04X}") as raised:
        checked_name(f"An{character}na")
    assert character not in str(raised.value)


def test_shown_escapes_and_cuts() -> None:
    assert shown("a\x1b[31mb\u202ec") == "a\\x1b[31mb\\u202ec"
    assert shown("x" * 200) == "x" * 99 + "…"


@pytest.mark.parametrize("note", ["", " \t"])
def test_consent_that_says_nothing_is_none(note: str) -> None:
    with pytest.raises(PeopleError, match="nobody is remembered without consent"):
        Consent(0.0, note)


@pytest.mark.parametrize("time", [math.nan, math.inf, -1.0, 1e15])
def test_consent_has_a_time(time: float) -> None:
    with pytest.raises(PeopleError, match="the time of consent is"):
        Consent(time, "spoken")


@pytest.mark.parametrize("tag", ["", "el", "zh-Hant", "sr-Latn-RS"])
def test_language_tags(tag: str) -> None:
    assert checked_language(tag) == tag


@pytest.mark.parametrize("tag", ["e", "el_GR", "el\n", "'; DROP", "a" * 9, "en-" + "-".join(["abcdefgh"] * 4)])
def test_what_is_no_language_tag(tag: str) -> None:
    with pytest.raises(PeopleError, match="is not a tag such as en"):
        checked_language(tag)


@pytest.mark.parametrize("days", [0.0, -1.0, math.nan, math.inf, 40_000.0])
def test_retention_out_of_range(days: float) -> None:
    with pytest.raises(PeopleError, match="retention_days is"):
        checked_retention(days)


def test_expiry() -> None:
    assert expiry(1000.0, checked_retention(0.5)) == 1000.0 + 43_200
    assert expiry(1000.0, checked_retention(None)) is None
