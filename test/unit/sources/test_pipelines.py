from __future__ import annotations

import pytest

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.pipelines import (
    SINK,
    datagram_pipeline,
    gscam_pipeline,
    multipart_pipeline,
    rtsp_pipeline,
)
from emotion_perception.sources.stream import parse_stream


def elements(text: str) -> list[str]:
    return [part.split()[0] for part in text.split(" ! ")]


def test_rtp_jpeg_waits_for_packets_that_were_overtaken() -> None:
    text = datagram_pipeline(parse_stream("udp-jpeg://:3000?latency=80"))
    assert elements(text)[:5] == ["udpsrc", "rtpjitterbuffer", "rtpjpegdepay", "queue", "jpegdec"]
    assert "port=3000 reuse=false" in text
    assert "latency=80" in text
    assert "encoding-name=JPEG,payload=26" in text
    assert text.endswith(SINK)


def test_rtp_h264_takes_any_payload_type_and_a_multicast_group_is_shared() -> None:
    text = datagram_pipeline(parse_stream("udp-h264://239.1.2.3:5004"))
    assert 'address="239.1.2.3" port=5004 reuse=true' in text
    assert 'encoding-name=H264"' in text
    assert elements(text)[2:5] == ["rtph264depay", "h264parse", "avdec_h264"]


def test_a_password_does_not_come_into_a_pipelines_text() -> None:
    assert "secret" not in rtsp_pipeline(parse_stream("rtsp://me:secret@eye/live"))


def test_multipart_is_read_from_a_connection() -> None:
    assert multipart_pipeline(7).startswith("fdsrc name=net fd=7 ")


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ("videotestsrc", f"videotestsrc ! {SINK}"),
        (" v4l2src ! jpegdec ! ", f"v4l2src ! jpegdec ! {SINK}"),
        ("videotestsrc ! appsink sync=false name=sink", "videotestsrc ! appsink sync=false name=sink"),
        ('videotestsrc ! appsink name="sink"', 'videotestsrc ! appsink name="sink"'),
        ("videotestsrc ! tee name=sink", f"videotestsrc ! tee name=sink ! {SINK}"),
    ],
)
def test_a_users_pipeline_gets_our_sink_unless_it_has_one(config: str, text: str) -> None:
    assert gscam_pipeline(config) == text


def test_no_pipeline_is_refused() -> None:
    with pytest.raises(SourceError, match="set gscam_config"):
        gscam_pipeline(" ")
