"""A machine that cannot decode as fast as pictures come shows the newest of them, and not ever older ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streaming import Receiver, free_port

from emotion_perception.sources import pipelines

SLOW = "identity sleep-time=120000 ! jpegdec"  # of pictures that come every 33 ms
FRAME_NS = 33_333_333


@pytest.mark.parametrize("protocol", ["udp-jpeg", "tcp-mjpeg"])
def test_pictures_that_nobody_has_time_for_are_left_out(
    protocol: str, sender: Callable[..., Any], receive: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = pipelines.JPEG_DECODER.replace("jpegdec", SLOW)
    monkeypatch.setattr(pipelines, "JPEG_DECODER", decoder)
    monkeypatch.setitem(pipelines.DECODERS, "JPEG", f"rtpjpegdepay name=depay ! {decoder}")
    port = free_port(protocol)
    sender(protocol, port)
    receiver = receive("gstreamer", protocol, port)
    receiver.wait_pictures(12)

    drawn = [each.drawn for each in receiver.pictures[2:12]]
    assert None not in drawn
    skipped = (drawn[-1] - drawn[0]) / FRAME_NS / (len(drawn) - 1)
    assert skipped > 2, "every picture waited for its turn"


def test_h264_that_waited_for_the_decoder_is_left_out_up_to_a_key_frame_in_time(
    sender: Callable[..., Any], receive: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = pipelines.DECODERS["H264"].replace("avdec_h264", "identity sleep-time=80000 ! avdec_h264")
    monkeypatch.setitem(pipelines.DECODERS, "H264", slow)
    port = free_port("udp")
    sender("udp-h264", port)
    receiver = receive("gstreamer", "udp-h264", port)
    receiver.wait_pictures(60)

    ages = [each.received - each.drawn for each in receiver.pictures if each.drawn]
    assert len(ages) == len(receiver.pictures)
    assert max(ages) < 2.5e9, "the pictures got ever older"
    receiver.wait_report("too old")
    lies = [abs(each.captured - each.drawn) for each in receiver.pictures if each.drawn]
    assert max(lies) < 1e9, "an old picture was stamped as a new one"
