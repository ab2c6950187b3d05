from __future__ import annotations

import pytest

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.stream import STREAM_SCHEMES, Stream, StreamProtocol, parse_stream
from emotion_perception.sources.uri import open_source

JPEG, H264, MJPEG, RTSP = StreamProtocol


@pytest.mark.parametrize(
    ("uri", "stream"),
    [
        ("udp-jpeg://:3000", Stream("udp-jpeg://:3000", JPEG, "", 3000)),
        ("udp-jpeg://239.0.0.1:5004", Stream("udp-jpeg://239.0.0.1:5004", JPEG, "239.0.0.1", 5004)),
        ("udp-h264://[::1]:3000", Stream("udp-h264://[::1]:3000", H264, "::1", 3000)),
        ("udp-h264://:1?latency=200", Stream("udp-h264://:1?latency=200", H264, "", 1, latency_ms=200)),
        ("tcp-mjpeg://robot:3000", Stream("tcp-mjpeg://robot:3000", MJPEG, "robot", 3000)),
        ("rtsp://eye/live", Stream("rtsp://eye/live", RTSP, "eye", 554, location="rtsp://eye/live")),
        (
            "rtsp://me:secret@eye:8554/live?channel=1",
            Stream(
                "rtsp://eye:8554/live?channel=1",
                RTSP,
                "eye",
                8554,
                location="rtsp://me:secret@eye:8554/live?channel=1",
            ),
        ),
        ("nao://robot", Stream("nao://robot", JPEG, "", 3000, robot="robot", camera="front")),
        (
            "nao://10.0.0.7?camera=bottom&transport=tcp",
            Stream(
                "nao://10.0.0.7?camera=bottom&transport=tcp",
                MJPEG,
                "10.0.0.7",
                3001,
                robot="10.0.0.7",
                camera="bottom",
            ),
        ),
        ("nao://robot:4000", Stream("nao://robot:4000", JPEG, "", 4000, robot="robot", camera="front")),
    ],
)
def test_a_uri_says_how_pictures_travel(uri: str, stream: Stream) -> None:
    assert parse_stream(uri) == stream


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("udp-jpeg:3000", "is not understood: use udp-jpeg://:3000"),
        ("udp-jpeg://robot", "names no port: use udp-jpeg://:3000"),
        ("udp-jpeg://:99999", "Port out of range"),
        ("udp-jpeg://:0", "names no port"),
        ("udp-jpeg://:x", "could not be cast"),
        ("udp-jpeg://:3000/path", "names no port: use"),
        ("udp-jpeg://:3000?latency=fast", "latency=fast: give milliseconds from 0 to 5000"),
        ("udp-jpeg://:3000?latency=6000", "latency=6000"),
        ("udp-jpeg://:3000?speed=1", "unknown option speed"),
        ("udp-jpeg://:3000?fast", "unknown option fast"),
        ("tcp-mjpeg://:3000", "names no host and port: use tcp-mjpeg://robot:3000"),
        ("tcp-mjpeg://robot:3000?latency=1", "unknown option latency"),
        ("rtsp://:554/live", "names no host"),
        ("nao://?camera=front", "is not understood: use nao://robot"),
        ("nao://:3000", "names no robot"),
        ("nao://robot?camera=rear", "asks for camera=rear: use nao://robot.camera=front.bottom"),
        ("nao://robot?transport=sctp", "asks for transport=sctp"),
        ('udp-jpeg://"evil ! sink:3000', "is not understood"),
        ("nao://[robot", "Invalid IPv6 URL"),
        ("http://robot", "use udp-jpeg://, udp-h264://"),
    ],
)
def test_what_is_not_understood_is_answered_with_the_form(uri: str, sentence: str) -> None:
    with pytest.raises(SourceError, match=sentence):
        parse_stream(uri)


def test_a_password_is_not_shown_of_a_stream() -> None:
    assert "secret" not in parse_stream("rtsp://me:secret@eye/live").uri


@pytest.mark.parametrize(
    "uri",
    [
        "rtsp://me:secret@:99999/live",
        "rtsp://me:p/secret@eye/live",
        "rtsp://me:secret?p@eye/live",
        "rtsp:me:secret@eye/live",
        "rtsps://me:secret@eye/live",
        "RTSP://me:secret@eye/live",
    ],
)
def test_a_password_is_not_shown_of_what_is_not_understood(uri: str) -> None:
    with pytest.raises(SourceError, match=r"eye|99999") as refused:
        open_source(uri)
    assert "secret" not in str(refused.value)


def test_an_at_in_a_password_does_not_end_it() -> None:
    assert parse_stream("rtsp://me:p@secret@eye/live").location == "rtsp://me:p%40secret@eye/live"


def test_a_password_that_breaks_the_uri_is_answered_with_how_to_write_it() -> None:
    with pytest.raises(SourceError, match="%2F"):
        parse_stream("rtsp://me:p/secret@eye/live")


@pytest.mark.parametrize("scheme", STREAM_SCHEMES)
def test_every_form_is_understood(scheme: str) -> None:
    form = STREAM_SCHEMES[scheme].split(" or ")[-1].replace("|bottom", "").replace("|tcp", "")
    assert parse_stream(form).uri.startswith(f"{scheme}://")
