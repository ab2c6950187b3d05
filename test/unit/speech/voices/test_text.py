from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_perception.core.errors import VoiceError
from emotion_perception.speech.voices.text import LONGEST, pieces, speakable


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Hello there.", "Hello there."),
        ("  two\t spaces \r\n and a line ", "two spaces\nand a line"),
        ("Γεια σου, Άννα!", "Γεια σου, Άννα!"),
        ("Привіт, я робот. Szia! 你好。", "Привіт, я робот. Szia! 你好。"),
        ("I am happy 😀👍🏽 today", "I am happy today"),
        ("नमस्ते", "नमस्ते"),
        ("\x01+10P loud \x00 end", "+10P loud end"),
        ("a\ud800b", "a b"),
        ("[[h@l'oU]] there", "h@l'oU there"),
        ("<speak><break time='9999s'/>hi</speak>", "<speak><break time='9999s'/>hi</speak>"),
        ("", ""),
        ("😀", ""),
        (" … !? ", ""),
    ],
)
def test_what_can_be_said(text: str, spoken: str) -> None:
    assert speakable(text) == spoken


def test_a_text_that_is_too_long_is_refused() -> None:
    assert len(speakable("word " * (LONGEST // 5))) > LONGEST - 10

    with pytest.raises(VoiceError, match="too long to say"):
        speakable("x" * (LONGEST + 1))


@given(st.text(max_size=1000))
def test_any_text_gives_pieces_that_can_be_said_and_loses_no_letter(text: str) -> None:
    spoken = speakable(text)
    made = pieces(spoken)

    assert all(0 < len(piece) <= 200 and piece.encode() for piece in made)
    assert bool(made) == bool(spoken)
    assert "".join(filter(str.isalnum, "".join(made))) == "".join(filter(str.isalnum, spoken))


def test_sentences_are_pieces_and_short_ones_join() -> None:
    assert pieces("Hello, I am a robot. Who are you? Dr. No is it.") == [
        "Hello, I am a robot.",
        "Who are you? Dr. No is it.",
    ]
    assert pieces("你好，我是一个机器人，我很高兴见到你们大家。你叫什么名字？") == [
        "你好，我是一个机器人，我很高兴见到你们大家。",
        "你叫什么名字？",
    ]


def test_a_sentence_without_an_end_is_split_at_spaces() -> None:
    made = pieces("word " * 100)

    assert len(made) == 3 and all(piece.split() == ["word"] * len(piece.split()) for piece in made)
