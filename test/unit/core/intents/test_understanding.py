"""What people say in five languages: each phrase in its meaning, and what must not be taken for one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pytest

from emotion_perception.core.intents.base import Match
from emotion_perception.core.intents.phrasebook import DECOYS, Phrasebook
from emotion_perception.core.intents.rules import RuleMatcher
from emotion_perception.core.intents.understanding import Understanding, Understood
from emotion_perception.core.scenario.loading import load_scenario

BOOKS = load_scenario("greet_and_react").phrasebooks
UNDERSTANDING = {
    language: Understanding(book, {tag: other.native for tag, other in BOOKS.items()})
    for language, book in BOOKS.items()
}
EVERYTHING = frozenset(BOOKS["en"].intents) | {"name", "language"}


def understood(language: str, text: str, wanted: Collection[str] = EVERYTHING) -> Understood:
    return UNDERSTANDING[language].understand(text, wanted)


@pytest.mark.parametrize("language", BOOKS)
def test_every_phrase_has_its_own_meaning_and_no_decoy_has_any(language: str) -> None:
    book: Phrasebook = BOOKS[language]
    wrong = {
        phrase: found
        for intent, phrases in book.intents.items()
        for phrase in phrases
        if (found := understood(language, phrase).intents) != ((intent,) if intent != DECOYS else ())
    }
    assert wrong == {}


@pytest.mark.parametrize("language", BOOKS)
def test_every_common_name_is_understood_in_every_pattern_and_by_itself(language: str) -> None:
    book = BOOKS[language]
    assert {name: found for name in book.names.common if (found := understood(language, name).name) != name} == {}
    plain = [pattern for pattern in book.names.patterns if pattern.endswith("{name}")]
    assert plain
    for pattern in plain:
        said = {name: understood(language, pattern.format(name=name.lower())).name for name in book.names.common}
        assert {name: found for name, found in said.items() if found != name} == {}, pattern


@pytest.mark.parametrize("language", BOOKS)
def test_every_language_can_be_asked_for_in_every_language(language: str) -> None:
    for tag, names in BOOKS[language].languages.items():
        for pattern in BOOKS[language].ask_language:
            assert understood(language, pattern.format(language=names[0])).language == tag
        for native in BOOKS[tag].native:
            assert understood(language, native).language == tag


@pytest.mark.parametrize(
    ("language", "text", "intents"),
    [
        ("en", "YES!!", ("yes",)),
        ("en", "Yeah, sure, you can", ("yes",)),
        ("en", "of course not", ("no",)),
        ("en", "yes no", ()),
        ("en", "No idea.", ()),
        ("en", "I'm fine", ()),
        ("en", "well I have no time for this at all today", ()),
        ("en", "Who am I, and how old am I?", ("who_am_i", "how_old_am_i")),
        ("en", "good bey", ("goodbye",)),
        ("en", "what can you doo", ("what_can_you_do",)),
        ("en", "please don't forget me", ()),
        ("en", "don\u2019t", ("no",)),
        ("en", "the quick brown fox", ()),
        ("en", "\x00\u202e \U0001f600", ()),
        ("el", "ΝΑΙ", ("yes",)),
        ("el", "ποιοσ ειμαι", ("who_am_i",)),
        ("el", "μην με ξεχάσεις", ()),
        ("uk", "Забудь мене!", ("forget_me",)),
        ("uk", "запам\u2019ятай мене", ("remember_me",)),
        ("hu", "persze hogy nem", ("no",)),
        ("hu", "ne felejts el!", ()),
        ("zh", "不是", ("no",)),
        ("zh", "当然不可以。", ("no",)),
        ("en", "I do not.", ("no",)),
        ("en", "I do mind", ("no",)),
        ("en", "please do not", ("no",)),
        ("en", "that's not fine", ()),
        ("en", "Not so sure", ()),
        ("en", "you can not", ()),
        ("en", "okay but I have no time for this", ()),
        ("en", "sure, no problem", ("yes",)),
        ("en", "are you sure?", ()),
        ("en", "Anna, is that right?", ()),
        ("el", "δεν είναι εντάξει", ()),
        ("el", "δεν με πειράζει", ("yes",)),
        ("uk", "не добре", ()),
        ("uk", "я не проти", ("yes",)),
        ("hu", "ez nem rendben", ()),
        ("hu", "nem bánom", ("yes",)),
        ("zh", "没问题", ("yes",)),
        ("zh", "对不起", ()),
        ("zh", "别忘了我", ()),
    ],
)
def test_meanings(language: str, text: str, intents: tuple[str, ...]) -> None:
    assert understood(language, text, EVERYTHING - {"name"}).intents == intents


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("en", "my name is anna smith and you?", "Anna Smith"),
        ("en", "No, it's Mario.", "Mario"),
        ("en", "I'm Jean-Luc", "Jean-Luc"),
        ("en", "I'm not sure", ""),
        ("en", "I am happy to see you", ""),
        ("en", "call me R2D2", ""),
        ("en", "my name is none of your business", ""),
        ("en", "McCoy", "McCoy"),
        ("en", "who am I", ""),
        ("en", "my name is " + "ab" * 60, ""),
        ("el", "Είμαι ο Γιώργος", "Γιώργος"),
        ("el", "με λένε Γιώργο", "Γιώργο"),
        ("el", "είμαι καλά", ""),
        ("uk", "я не знаю", ""),
        ("uk", "мене звуть Мар'яна", "Маряна"),
        ("hu", "Annának hívnak", "Anna"),
        ("hu", "Tamásnak hívnak", "Tamás"),
        ("hu", "Zoénak hívnak", "Zoé"),
        ("hu", "Kiss Éva vagyok", "Kiss Éva"),
        ("hu", "jól vagyok", ""),
        ("zh", "我的名字是王芳", "王芳"),
        ("zh", "我叫Anna", "Anna"),
        ("zh", "我是学生", ""),
    ],
)
def test_names(language: str, text: str, name: str) -> None:
    assert understood(language, text).name == name


def test_a_name_alone_counts_only_where_one_is_waited_for() -> None:
    assert understood("en", "Maria", {"yes", "no"}) == Understood()
    assert understood("en", "my name is Maria", {"yes", "no"}) == Understood(name="Maria", sentence=True)


def test_only_what_leads_on_is_understood() -> None:
    assert understood("en", "goodbye", {"yes", "no"}).intents == ()
    assert understood("en", "speak Greek", {"yes", "no"}).language == ""


def test_a_further_matcher_is_asked_last() -> None:
    asked = []

    class Embedding:
        def match(self, text: str, wanted: Collection[str]) -> list[Match]:
            asked.append(text)
            return [Match("who_am_i", 0.9), Match("stop", 0.8)] if "who_am_i" in wanted else []

    def further(language: str, phrases: Mapping[str, Sequence[str]]) -> Embedding:
        assert language == "en" and phrases["yes"]
        return Embedding()

    understanding = Understanding(BOOKS["en"], further=further)
    assert understanding.understand("yes", EVERYTHING).intents == ("yes",)
    assert understanding.understand("tell me which person stands here", {"who_am_i"}).intents == ("who_am_i",)
    assert set(asked) == {"tell me which person stands here"}


def test_a_phrase_inside_a_longer_one_of_nobody_is_not_heard() -> None:
    matcher = RuleMatcher({"go": ["go"], "stay": ["do not go"]})
    assert matcher.match("do not go", {"go"}) == []
    assert [match.intent for match in matcher.match("go, go! do not go", {"go", "stay"})] == ["go", "stay"]


@pytest.mark.parametrize("language", BOOKS)
def test_what_is_expected_is_understood(language: str) -> None:
    phrases, names = BOOKS[language].expected(frozenset({"yes", "no", "name", "language"}))
    assert names == BOOKS[language].names.common
    for phrase in phrases:
        found = understood(language, phrase)
        assert found.intents or found.name or found.language, phrase
        assert phrase == phrase.lower() and "{" not in phrase and "?" not in phrase
