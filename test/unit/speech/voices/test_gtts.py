from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emotion_perception.core.errors import VoiceError
from emotion_perception.speech.voices.cache import PhraseCache
from emotion_perception.speech.voices.gtts import GttsVoice

LIMIT = 1_000_000


def test_says_what_the_cloud_answers(cloud: Any, is_tone: Any) -> None:
    (sound,) = GttsVoice().synthesize("Hello there.", "en-GB")

    assert is_tone(sound.samples, sound.rate)
    assert cloud.asked == [("Hello there.", "en")]


@pytest.mark.parametrize("language", ["en", "el", "uk", "hu", "zh", "zh-CN"])
def test_asks_for_the_language(cloud: Any, language: str) -> None:
    list(GttsVoice().synthesize("1 2 3", language))

    assert cloud.asked == [("1 2 3", language)]


def test_a_long_text_is_asked_for_in_pieces_and_in_order(cloud: Any) -> None:
    text = " ".join(f"This is the sentence with the number {number}." for number in range(9))

    sounds = GttsVoice().synthesize(text, "en")
    next(sounds)
    assert len(cloud.asked) == 1  # the first is there to be heard before the second is asked for

    list(sounds)
    assert " ".join(text for text, _ in cloud.asked).split() == text.split()


def reset(handler: Any) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def cut_off(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"half")


def endless(handler: Any) -> None:
    handler.send_response(200)
    handler.end_headers()
    with pytest.raises(OSError):
        while True:
            handler.wfile.write(bytes(100_000))


def redirect(cloud: Any) -> Callable[[Any], None]:
    def behave(handler: Any) -> None:
        handler.send_response(307)
        handler.send_header("Location", cloud.address)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return behave


def faults(cloud: Any) -> dict[str, Callable[[Any], None]]:
    return {
        "refused by its server (429)": lambda handler: cloud.reply(handler, b"slow down", 429),
        "refused by its server (503)": lambda handler: cloud.reply(handler, b"", 503),
        "no sound from its server": lambda handler: cloud.reply(handler, b"<html>\xff\x00 garbage"),
        "no sound from its server, ": lambda handler: cloud.reply(handler, b""),
        "which may have changed": lambda handler: cloud.say(handler, b""),
        "something that is no sound": lambda handler: cloud.say(handler, bytes(range(256)) * 20),
        "does not reach its server": reset,
        "does not reach its server (": cut_off,
        "far too much": endless,
        "sent elsewhere by its server (307)": redirect(cloud),
    }


@pytest.mark.parametrize("sentence", faults(None))
def test_whatever_the_cloud_does_is_a_sentence(cloud: Any, sentence: str, tmp_path: Path) -> None:
    cloud.behave = faults(cloud)[sentence]

    with pytest.raises(VoiceError) as caught:
        list(GttsVoice(PhraseCache(tmp_path, limit=LIMIT)).synthesize("Hello there.", "en"))

    assert sentence in str(caught.value)
    assert not list(tmp_path.iterdir())  # nothing bad is remembered


def drip(cloud: Any) -> Callable[[Any], None]:
    def behave(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not cloud.release.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    return behave


@pytest.mark.parametrize("way", ["silent", "dripping"])
def test_a_cloud_that_stalls_is_given_up(cloud: Any, way: str) -> None:
    cloud.behave = cloud.stall if way == "silent" else drip(cloud)

    with pytest.raises(VoiceError, match=r"did not answer within 0\.5 s"):
        list(GttsVoice(timeout=0.5).synthesize("Hello there.", "en"))


def test_no_network(cloud: Any) -> None:
    cloud.close()

    with pytest.raises(VoiceError, match="does not reach its server"):
        list(GttsVoice().synthesize("Hello there.", "en"))


def test_a_language_it_does_not_speak_is_named() -> None:
    with pytest.raises(VoiceError, match='does not speak the language "tlh"'):
        list(GttsVoice().synthesize("nuqneH", "tlh"))


def test_a_phrase_is_asked_for_once(cloud: Any, tmp_path: Path) -> None:
    for _ in range(3):
        voice = GttsVoice(PhraseCache(tmp_path, limit=LIMIT))  # as after a restart
        (sound,) = voice.synthesize("Hello there.", "en")
        assert sound.seconds > 0.4
    list(voice.synthesize("Hello there.", "hu"))

    assert cloud.asked == [("Hello there.", "en"), ("Hello there.", "hu")]


def test_a_damaged_phrase_is_asked_for_again(cloud: Any, tmp_path: Path) -> None:
    voice = GttsVoice(PhraseCache(tmp_path, limit=LIMIT))
    list(voice.synthesize("Hello there.", "en"))
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(b"damaged")

    (sound,) = voice.synthesize("Hello there.", "en")

    assert sound.seconds > 0.4
    assert len(cloud.asked) == 2


def test_says_that_texts_leave_the_machine_and_where_they_are_kept(tmp_path: Path) -> None:
    notice = GttsVoice(PhraseCache(tmp_path, limit=LIMIT)).notice

    assert "sends every text" in notice and "Google" in notice and str(tmp_path) in notice
    assert "kept as sound" not in GttsVoice().notice
