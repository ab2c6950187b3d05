"""Every protocol through every backend that reads it: whole pictures, in time, whatever the network does.

`STREAM_SECONDS=20 pytest test/system/streams -rP -k "measure or loss"` prints the numbers of docs/cameras.md.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from streaming import Receiver, free_port

from emotion_perception.sources.capture import CaptureState

PROTOCOLS = ("udp-jpeg", "udp-h264", "tcp-mjpeg", "rtsp-jpeg", "rtsp-h264")
READABLE = [("gstreamer", each) for each in PROTOCOLS] + [("pyav", each) for each in PROTOCOLS if each != "udp-h264"]
ROOM = ("--noise", "5")  # as hard to compress as a room: 35 packets a VGA picture at JPEG quality 85
SILENT = (CaptureState.STALE, CaptureState.LOST)
#: Only for the numbers of the documentation.
MORE = [
    ("gstreamer", "udp-jpeg", "--quality 50 --loss 0.01"),
    ("gstreamer", "udp-jpeg", "--quality 50 --loss 0.05"),
    ("gstreamer", "udp-jpeg", "--quality 50 --loss 0.2"),
    ("gstreamer", "udp-jpeg", "--quality 50 --size 320x240 --loss 0.01"),
    ("gstreamer", "udp-jpeg", "--quality 50 --size 320x240 --loss 0.05"),
    ("gstreamer", "udp-jpeg", "--quality 50 --size 320x240 --loss 0.2"),
    ("gstreamer", "udp-jpeg", "--reorder 0.1"),
    ("gstreamer", "udp-h264", "--loss 0.2"),
    ("pyav", "udp-jpeg", "--loss 0.01"),
    ("pyav", "udp-jpeg", "--loss 0.05"),
    ("pyav", "udp-jpeg", "--loss 0.2"),
    ("pyav", "udp-jpeg", "--reorder 0.1"),
] * ("STREAM_SECONDS" in os.environ)  # fmt: skip
SLACK_NS = 20_000_000  # a jitter buffer estimates the sender's clock


@pytest.mark.parametrize(("backend", "protocol"), READABLE)
def test_measure_pictures_arrive_whole_and_once_and_stamped_at_their_capture(
    backend: str,
    protocol: str,
    sender: Callable[..., Any],
    receive: Callable[..., Receiver],
    measured: Callable[..., None],
    seconds: float,
) -> None:
    port = free_port(protocol)
    sender(protocol, port, *ROOM)
    receiver = receive(backend, protocol, port)
    receiver.wait_pictures(1)
    receiver.pictures.clear()
    time.sleep(seconds)
    measured(receiver, seconds)
    receiver.wait_pictures(20)

    pictures = list(receiver.pictures)
    assert receiver.damaged == 0
    assert {each.size for each in pictures} == {(640, 480)}
    drawn = [each.drawn for each in pictures if each.drawn]
    assert drawn == sorted(set(drawn))
    assert [each.stamp for each in pictures] == sorted({each.stamp for each in pictures})
    assert all(each.drawn - SLACK_NS <= each.captured <= each.received for each in pictures if each.drawn)
    assert backend in receiver.source.description.lower()


@pytest.mark.parametrize(
    ("backend", "protocol", "network"),
    [
        *[("gstreamer", "udp-jpeg", f"--loss {loss}") for loss in (0.01, 0.05, 0.2)],
        ("gstreamer", "udp-jpeg", "--reorder 0.1 --loss 0.02"),
        *[("gstreamer", "udp-h264", f"--loss {loss}") for loss in (0.01, 0.05)],
        ("gstreamer", "udp-h264", "--reorder 0.1"),
        ("pyav", "udp-jpeg", "--reorder 0.1 --loss 0.02"),
        *MORE,
    ],
)
def test_loss_every_delivered_picture_is_whole_on_a_bad_network(
    backend: str,
    protocol: str,
    network: str,
    sender: Callable[..., Any],
    receive: Callable[..., Receiver],
    measured: Callable[..., None],
    seconds: float,
) -> None:
    port = free_port(protocol)
    receiver = receive(backend, protocol, port)
    sender(protocol, port, *ROOM, *network.split())
    time.sleep(seconds)
    measured(receiver, seconds)
    if "0.2" not in network and "h264 --loss 0.05" not in f"{protocol} {network}":
        receiver.wait_pictures(5)
    assert receiver.damaged == 0


@pytest.mark.parametrize(
    ("backend", "protocol"),
    [(backend, each) for backend, each in READABLE if each not in ("rtsp-jpeg",)],
)
def test_a_sender_that_dies_is_told_and_comes_back_with_another_size(
    backend: str, protocol: str, sender: Callable[..., Any], receive: Callable[..., Receiver]
) -> None:
    port = free_port(protocol)
    first = sender(protocol, port)
    receiver = receive(backend, protocol, port)
    receiver.wait_pictures(3)
    before = len(receiver.states)  # a camera whose first pictures are late is told, too
    first.kill()
    told = receiver.wait_state(*SILENT, since=before)
    assert receiver.states[-1][1] == told
    assert "nothing arrives" in told or not protocol.startswith("udp")  # and not what came before it died
    count = len(receiver.pictures)
    sender(protocol, port, "--size", "320x240")
    back = time.monotonic()
    receiver.wait_pictures(3, of=lambda each: each.size == (320, 240), since=count)
    print(f"{backend} {protocol}: back after {1e-9 * receiver.pictures[count].received - back:.2f} s")

    assert receiver.damaged == 0
    assert all(each.drawn and each.drawn > receiver.pictures[count - 1].received for each in receiver.pictures[count:])
    assert receiver.states[-1][0] is CaptureState.RUNNING


@pytest.mark.parametrize(
    ("backend", "wanted", "sent", "named"),
    [
        ("gstreamer", "udp-jpeg", "udp-h264", "RTP with H.264 arrives"),
        ("gstreamer", "udp-h264", "udp-jpeg", "RTP with JPEG arrives"),
        ("pyav", "udp-jpeg", "udp-h264", "RTP with H.264 arrives"),
    ],
)
def test_a_wrong_codec_is_named_and_the_right_one_taken_when_it_comes(
    backend: str, wanted: str, sent: str, named: str, sender: Callable[..., Any], receive: Callable[..., Receiver]
) -> None:
    port = free_port("udp")
    receiver = receive(backend, wanted, port)
    wrong = sender(sent, port)
    begin = time.monotonic()
    sentence = receiver.wait_state(*SILENT, text=named)
    print(f"{backend} {wanted}: named after {time.monotonic() - begin:.2f} s")
    assert f"use {sent}://:{port}" in sentence
    assert receiver.pictures == []

    wrong.kill()
    sender(wanted, port)
    receiver.wait_pictures(3)
    assert receiver.damaged == 0
