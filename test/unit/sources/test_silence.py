from __future__ import annotations

import re

import pytest

from emotion_perception.sources.rtp import Payload
from emotion_perception.sources.silence import explain, remedy, wrong_sender
from emotion_perception.sources.stream import parse_stream


@pytest.mark.parametrize(
    ("uri", "arrived", "words"),
    [
        ("udp-jpeg://:3000", None, "nothing arrives at UDP port 3000: start the sender with"),
        ("nao://robot", None, r"start the sender on the robot robot \(docs/nao.md"),
        ("udp-jpeg://:3000", Payload.H264, r"RTP with H.264 arrives at UDP port 3000 .* use udp-h264://:3000"),
        ("udp-h264://:3000", Payload.JPEG, r"RTP with JPEG arrives at UDP port 3000 .* use udp-jpeg://:3000"),
        ("udp-h264://:3000", Payload.H265, "RTP with H.265 arrives .*: let the sender send RTP with H.264"),
        ("udp-jpeg://:3000", Payload.NOT_RTP, "something that is not RTP arrives"),
        ("udp-jpeg://:3000", Payload.JPEG, "no picture is whole"),
        ("udp-h264://:3000", Payload.H264, "no whole key frame"),
        ("tcp-mjpeg://robot:3000", None, "no picture comes over the connection"),
    ],
)
def test_silence_is_explained_by_what_arrives(uri: str, arrived: Payload | None, words: str) -> None:
    sentence = explain(parse_stream(uri), arrived)
    assert sentence.startswith(f"{uri}: ")
    assert re.search(words, sentence), sentence


def test_only_a_wrong_sender_is_called_one() -> None:
    stream = parse_stream("udp-jpeg://:3000")
    assert wrong_sender(stream, Payload.JPEG) is None
    assert wrong_sender(stream, None) is None
    assert wrong_sender(parse_stream("rtsp://eye/live"), Payload.JPEG) is None
    assert wrong_sender(stream, Payload.AUDIO)


def test_a_port_is_not_taken_for_the_reason() -> None:
    assert remedy("Unauthorized (401)").startswith("give user and password")
    assert remedy("Not Found (404)") == "check the path behind the host"
    assert remedy("Could not connect to 127.0.0.1:44040") == ""
