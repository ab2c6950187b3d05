"""The default scenario by text: the same story in five languages, then whatever can go otherwise, in English."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from emotion_perception.core.errors import ScenarioError
from emotion_perception.core.scenario.memory import Memory

Plays = Callable[..., Any]

#: yes, no, a sentence that gives a name, the name, and questions: who, look, age, abilities, forget, goodbye, language.
STORIES = {
    "en": ("yes, please", "no thanks", "My name is Maria.", "Maria", "Who am I?", "How do I look?", "How old am I?",
           "What can you do?", "Forget me!", "Goodbye", "Speak Greek", "el"),
    "el": ("ναι, βέβαια", "όχι, ευχαριστώ", "Με λένε Μαρία.", "Μαρία", "Ποιος είμαι;", "Πώς φαίνομαι;",
           "Πόσων χρονών είμαι;", "Τι μπορείς να κάνεις;", "Ξέχασέ με!", "Αντίο", "Μίλα αγγλικά", "en"),
    "uk": ("так, звичайно", "ні, дякую", "Мене звати Марія.", "Марія", "Хто я?", "Як я виглядаю?",
           "Скільки мені років?", "Що ти вмієш?", "Забудь мене!", "До побачення", "Говори англійською", "en"),
    "hu": ("igen, persze", "nem, köszönöm", "Máriának hívnak.", "Mária", "Ki vagyok?", "Hogy nézek ki?",
           "Hány éves vagyok?", "Mit tudsz?", "Felejts el!", "Viszlát", "Beszélj angolul", "en"),
    "zh": ("可以", "不用了", "我叫王芳。", "王芳", "我是谁？", "我看起来怎么样？", "我多大了？",
           "你会做什么？", "忘记我！", "再见", "说英语", "en"),
}  # fmt: skip


@pytest.mark.parametrize("language", STORIES)
def test_the_story_of_somebody_who_agrees_in_every_language(play: Plays, language: str) -> None:
    yes, _, sentence, name, who, look, age, abilities, forget, goodbye, other, tag = STORIES[language]
    robot = play(language)
    face = robot.appear()
    robot.settle()
    assert robot.said() == [f"{robot.line('hello_stranger')} {robot.line('may_i_remember')}"]
    assert robot.answer(yes) == f"{robot.line('thank_you')} {robot.line('what_name')}"
    assert name in robot.expect.names
    assert robot.answer(sentence) == robot.line("is_it_name", heard_name=name)
    assert robot.answer(yes) == f"{robot.line('one_moment')} {robot.line('nice_to_meet', name=name)}"
    assert list(robot.known.values()) == [name]
    assert robot.answer(who) == robot.line("you_are", name=name)
    assert robot.answer(age) == robot.line("your_age", age=34)
    assert robot.answer(abilities) == robot.line("abilities")
    robot.show(face, "happy")
    robot.wait(4)
    assert robot.said() == [robot.line("looks_happy")]
    robot.settle()
    assert robot.answer(look) == robot.line("you_look", emotion="happy")
    robot.leave(face)
    robot.wait(3600)
    face = robot.appear(next(iter(robot.known)))
    robot.settle()
    assert robot.said() == [robot.line("hello_known", name=name)]
    assert robot.answer(forget) == robot.line("shall_i_forget", name=name)
    assert robot.answer(yes) == robot.line("forgotten")
    assert robot.known == {}
    assert robot.answer(who) == robot.line("you_are_unknown")
    spoken = robot.answer(other)
    assert (robot.report.language, spoken) == (tag, robot.line("language_switched"))
    robot.engine.stop(robot.now)
    robot = play(language)
    robot.appear()
    robot.settle()
    robot.take()
    assert robot.answer(goodbye) == robot.line("goodbye")


@pytest.mark.parametrize("language", STORIES)
def test_somebody_who_refuses_is_not_stored_and_nobody_is_asked_again_that_day(play: Plays, language: str) -> None:
    robot = play(language)
    face = robot.appear()
    robot.settle()
    assert robot.answer(STORIES[language][1]) == robot.line("not_remembered")
    robot.leave(face)
    robot.wait(120)
    robot.appear()  # the same person, perhaps: nobody can know
    robot.settle()
    said = robot.said()
    assert said == [robot.line("hello_without_asking")]
    assert robot.line("may_i_remember") not in said
    robot.wait(120)
    assert robot.answer(STORIES[language][0]) == robot.line("not_understood")
    assert robot.known == {}


def test_a_refusal_ends_with_the_day_and_survives_a_restart(play: Plays) -> None:
    memory = Memory()
    robot = play("en", memory)
    face = robot.appear()
    robot.settle()
    robot.answer("no")
    robot.leave(face)
    robot.wait(60)
    again = play("en", memory)
    again.appear()
    again.settle()
    assert again.said() == [again.line("hello_without_asking")]
    again.people.clear()
    again.wait(86400)
    again.take()
    again.appear()
    again.settle()
    assert again.line("may_i_remember") in again.said()[0]


def test_whoever_wants_to_be_remembered_can_say_so_after_somebody_refused(play: Plays) -> None:
    memory = Memory()
    memory.note_refusal(86400.0 * 365 + 43200)
    robot = play("en", memory)
    robot.appear()
    robot.settle()
    robot.take()
    assert robot.answer("please remember me") == robot.line("may_i_remember")
    assert robot.answer("yes, I'm Tom") == robot.line("is_it_name", heard_name="Tom")
    robot.answer("yes")
    assert list(robot.known.values()) == ["Tom"]


def asked(robot: Any) -> str:
    """Have a stranger come and be asked for consent."""
    face = robot.appear()
    robot.settle()
    robot.take()
    return str(face)


def test_consent_does_not_pass_to_another_face(play: Plays) -> None:
    robot = play()
    face = asked(robot)
    robot.answer("yes")
    robot.answer("my name is Tom")
    robot.leave(face)
    robot.wait(0.4)
    robot.appear()
    robot.wait(0.4)
    assert robot.line("lost_sight") in robot.answer("yes")
    assert robot.known == {}
    assert not any(line.who == "enrols" for line in robot.take())
    assert robot.engine.state == "ask_consent"


def test_the_record_of_consent_holds_question_and_answer_and_fits_the_database(play: Plays) -> None:
    robot = play()
    asked(robot)
    robot.answer("yes " + "please " * 200 + "\u202e\n")
    robot.answer("my name is Tom")
    robot.say("yes")
    record = next(line.text for line in robot.take() if line.who == "enrols")
    assert record.startswith('Tom: asked by the robot "')
    assert robot.line("yes_or_no_remember")[:20] in record
    assert 'answered "yes please' in record
    assert len(record) <= 500
    assert record.isprintable()


def test_a_name_can_be_corrected(play: Plays) -> None:
    robot = play()
    asked(robot)
    robot.answer("yes")
    robot.answer("Maria")
    assert robot.answer("no, my name is Mario") == robot.line("is_it_name", heard_name="Mario")
    assert robot.answer("no") == robot.line("what_name")
    robot.answer("it's Marina")
    assert "Marina" in robot.answer("yes, Marina")
    assert list(robot.known.values()) == ["Marina"]


@pytest.mark.parametrize("second", ["no", "no, don't", "never"])
def test_no_after_yes_counts(play: Plays, second: str) -> None:
    robot = play()
    asked(robot)
    robot.say("yes")
    robot.wait(0.1)
    assert robot.line("not_remembered") in robot.answer(second)
    assert robot.memory.refused_today(robot.now)


def test_yes_and_no_at_once_are_asked_again(play: Plays) -> None:
    robot = play()
    asked(robot)
    assert robot.answer("yes no") == robot.line("yes_or_no_remember")
    assert robot.engine.state == "ask_consent"


def test_two_questions_at_once_are_both_answered(play: Plays) -> None:
    robot = play()
    robot.appear(robot.know("Ben"))
    robot.settle()
    said = robot.answer("who am I and how old am I")
    assert said == f"{robot.line('you_are', name='Ben')} {robot.line('your_age', age=34)}"


def test_a_question_in_between_is_answered_and_the_robot_comes_back_to_its_own(play: Plays) -> None:
    robot = play()
    asked(robot)
    assert robot.answer("what can you do") == f"{robot.line('abilities')} {robot.line('may_i_remember')}"


def test_nonsense_is_asked_about_twice(play: Plays) -> None:
    robot = play()
    asked(robot)
    assert robot.answer("bla bli") == robot.line("yes_or_no_remember")
    assert robot.answer("blu") == robot.line("yes_or_no_remember")
    assert robot.answer("ble") == robot.line("no_answer")
    assert robot.answer("bla bli") == robot.line("not_understood")
    assert robot.answer("bla bli") == ""


def test_silence_is_asked_about_once(play: Plays) -> None:
    robot = play()
    asked(robot)
    robot.wait(60)
    assert robot.said() == [robot.line("yes_or_no_remember"), robot.line("no_answer")]
    assert robot.engine.state == "chat"
    robot.wait(600)
    assert robot.said() == []


def test_an_utterance_the_recogniser_is_not_sure_of_is_no_consent(play: Plays) -> None:
    robot = play()
    asked(robot)
    robot.say("yes", confidence=0.1)
    robot.settle()
    assert robot.said() == [robot.line("yes_or_no_remember")]


def test_somebody_who_leaves_in_the_middle_is_not_talked_to_any_more(play: Plays) -> None:
    robot = play()
    robot.pace = 1.0
    face = robot.appear()
    robot.wait(2)
    assert robot.speaking
    robot.leave(face)
    robot.wait(3.5)
    assert robot.said()[-1] == "(falls silent)"
    assert (robot.engine.state, robot.speaking, robot.report.face_id) == ("alone", False, "")


def test_stop_cuts_the_robot_off_and_keeps_it_silent_until_it_is_greeted(play: Plays) -> None:
    robot = play()
    robot.pace = 1.0
    face = robot.appear()
    robot.wait(2)
    robot.say("stop!")
    robot.show(face, "sad")
    robot.wait(120)
    assert robot.said()[1:] == ["(falls silent)"]
    robot.leave(face)
    robot.wait(5)
    robot.appear()  # lost for a moment
    robot.wait(60)
    assert robot.said() == []
    robot.pace = 0.06
    assert robot.answer("hello") == robot.line("hello_back")


@pytest.mark.parametrize(
    ("first", "then", "key"),
    [("sad", "happy", "happier"), ("happy", "sad", "less_happy"), ("angry", "neutral", "calmer")],
)
def test_a_change_of_expression_is_noticed(play: Plays, first: str, then: str, key: str) -> None:
    robot = play()
    face = robot.appear(robot.know("Ben"))
    robot.settle()
    robot.show(face, first)
    robot.wait(25)
    robot.take()
    robot.show(face, then)
    robot.wait(5)
    assert robot.said() == [robot.line(key, emotion=then)]


def test_an_expression_has_to_hold_and_to_be_probable(play: Plays) -> None:
    robot = play()
    face = robot.appear(robot.know("Ben"))
    robot.settle()
    robot.take()
    for _ in range(20):
        robot.show(face, "happy")
        robot.wait(1.0)
        robot.show(face, "")
        robot.wait(1.0)
    robot.show(face, "happy", confidence=0.4)
    robot.wait(30)
    assert robot.said() == []


@pytest.mark.parametrize("label", ["angry", "disgust", "fear", "happy", "sad", "surprise"])
def test_no_text_claims_to_know_a_feeling(play: Plays, label: str) -> None:
    robot = play()
    face = robot.appear(robot.know("Ben"))
    robot.settle()
    robot.show(face, label)
    robot.wait(10)
    said = " ".join([*robot.said(), robot.answer("how do I look?")])
    word = robot.scenario.phrasebooks["en"].expressions[label]
    claims = (f"you are {word}", f"you're {word}", f"you feel {word}", "i know how you feel", "are feeling")
    assert not [claim for claim in claims if claim in said.lower()]
    assert "look" in said


def test_the_nearest_is_talked_to_and_the_others_are_greeted_once(play: Plays) -> None:
    robot = play()
    far = robot.appear(robot.know("Far"), area=0.02)
    near = robot.appear(robot.know("Near"), area=0.2)
    robot.wait(60)
    assert robot.said() == [robot.line("hello_known", name="Near"), robot.line("hello_other", other_name="Far")]
    assert robot.report.face_id == near
    robot.appear(area=0.02)
    robot.appear(area=0.02)
    robot.wait(60)
    assert robot.said() == [robot.line("hello_others")]
    robot.leave(near)
    robot.wait(60)
    assert robot.said() == []
    assert robot.report.face_id == far


def test_somebody_who_comes_nearer_is_turned_to_when_the_conversation_rests(play: Plays) -> None:
    robot = play()
    robot.appear(robot.know("Ben"), area=0.05)
    robot.settle()
    nearer = robot.appear(robot.know("Eve"), area=0.2)
    robot.wait(20)
    assert robot.report.face_id == nearer


def test_nobody_is_greeted_twice_within_half_an_hour(play: Plays) -> None:
    robot = play()
    ben = robot.know("Ben")
    for minutes in (5, 10, 40):
        face = robot.appear(ben)
        robot.settle()
        robot.leave(face)
        robot.wait(minutes * 60)
    robot.appear(ben)
    robot.settle()
    first, second = robot.said()
    assert first == robot.line("hello_known", name="Ben")
    assert second == robot.line("hello_known", turn=1, name="Ben")


def test_somebody_recognised_late_is_greeted_by_name_instead_of_being_asked(play: Plays) -> None:
    robot = play()
    ben = robot.know("Ben")
    face = robot.appear()
    robot.wait(1)
    robot.leave(face)
    robot.people[face] = robot.people[robot.appear(ben)]
    robot.people = {face: robot.people[face].__class__(face, 0.1, ben, "Ben", identified=True)}
    robot.settle()
    assert robot.said()[-1] == robot.line("hello_recognised", name="Ben")
    assert robot.engine.state == "chat"


def test_what_fails_is_said_in_words(play: Plays) -> None:
    robot = play()
    asked(robot)
    robot.refuses = "the database cannot be written"
    robot.answer("yes")
    robot.answer("Tom")
    assert robot.line("enrol_failed") in robot.answer("yes")
    assert robot.answer("who am I") == robot.line("you_are_unknown")
    robot.people.clear()
    robot.wait(30)
    robot.appear(robot.know("Eve"))
    robot.settle()
    robot.answer("forget me")
    assert robot.answer("yes") == robot.line("forget_failed")
    assert robot.answer("who am I") == robot.line("you_are", name="Eve")


def test_nobody_is_forgotten_without_being_asked(play: Plays) -> None:
    robot = play()
    robot.appear(robot.know("Eve"))
    robot.settle()
    robot.answer("forget me")
    assert robot.answer("no") == robot.line("kept")
    assert robot.answer("don't forget me") == robot.line("not_understood")
    robot.answer("forget me")
    robot.wait(60)
    assert robot.said()[-1] == robot.line("kept")
    assert list(robot.known.values()) == ["Eve"]


def test_a_known_person_is_greeted_in_their_language(play: Plays) -> None:
    robot = play()
    robot.appear(robot.know("Eve"), language="hu")
    robot.settle()
    assert robot.report.language == "hu"
    assert robot.said() == [robot.line("hello_known", name="Eve")]


def test_a_language_nobody_here_speaks_is_declined(play: Plays) -> None:
    robot = play()
    robot.appear(robot.know("Eve"))
    robot.settle()
    assert robot.answer("speak Klingon") == robot.line("not_understood")


def test_the_record_of_consent_holds_the_question_and_not_what_was_said_before_it(play: Plays) -> None:
    robot = play()
    robot.appear()
    robot.settle()
    robot.answer("What can you do?")
    for words in ("yes", "Maria", "yes"):
        robot.say(words)
        robot.settle()
    (record,) = (line.text for line in robot.take() if line.who == "enrols")
    assert record == f'Maria: asked by the robot "{robot.line("may_i_remember")}", answered "yes"'


def test_who_is_forgotten_is_who_was_asked_by_name(play: Plays) -> None:
    robot = play()
    anna, bob = robot.know("Anna"), robot.know("Bob")
    face = robot.appear(anna)
    robot.settle()
    robot.answer("forget me")
    robot.people[face] = replace(robot.people[face], person_id=bob, name="Bob")  # identity had mistaken them
    robot.settle()
    assert robot.said()[-1] == robot.line("shall_i_forget", name="Bob")
    robot.people[face] = replace(robot.people[face], person_id=anna, name="Anna")
    robot.settle()
    assert robot.said()[-1] == robot.line("shall_i_forget", name="Anna")
    robot.answer("yes")
    assert robot.known == {bob: "Bob"}


def test_who_turns_out_to_be_another_person_greeted_before_is_asked_once_whether_to_forget(play: Plays) -> None:
    robot = play()
    anna, bob = robot.know("Anna"), robot.know("Bob")
    face = robot.appear(anna)
    robot.settle()
    robot.memory.note_greeting(bob, robot.now)
    robot.people[face] = replace(robot.people[face], person_id=bob, name="Bob")
    robot.settle()
    assert robot.answer("forget me") == robot.line("shall_i_forget", name="Bob")


def test_a_refusal_that_cannot_be_written_down_holds_up_nothing(play: Plays) -> None:
    class FullDisk:
        def last(self) -> str:
            return ""

        def note(self, day: str) -> None:
            raise ScenarioError("the disk is full")

    robot = play(memory=Memory(FullDisk()))
    robot.appear(robot.know("Anna"))
    robot.settle()
    robot.answer("forget me")
    assert robot.answer("yes") == robot.line("forgotten")
    assert robot.engine.state == "chat"
