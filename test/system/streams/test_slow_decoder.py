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
