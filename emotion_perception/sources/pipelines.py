"""GStreamer pipelines as text: one for each protocol, and a user's own."""

from __future__ import annotations

import re

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.stream import Stream, StreamProtocol

#: Newest picture only, as soon as it is there: whoever is late gets no old one.
SINK = (
    "videoconvert ! video/x-raw,format=BGR ! "
    "appsink name=sink emit-signals=false max-buffers=1 drop=true sync=false wait-on-eos=false"
)
#: From JPEGs to pictures. What a machine has no time to decode is dropped whole before that: it would wait in the
#: jitter buffer or the socket, and every later picture behind it, until they are seconds old.
JPEG_DECODER = "queue leaky=downstream max-size-buffers=1 max-size-bytes=0 max-size-time=0 ! jpegdec"
#: From RTP packets to pictures. Loss makes H.264 decoders invent pictures: see keyframes.KeyframeGate on `depay`.
DECODERS = {
    "JPEG": f"rtpjpegdepay name=depay ! {JPEG_DECODER}",
    "H264": "rtph264depay name=depay ! h264parse ! avdec_h264 max-threads=1 output-corrupt=false "
    "discard-corrupted-frames=true",
}
#: Pixels. A JPEG of a few hundred bytes may claim 65500x65500 of them, for which the decoder would take 19 GB.
LARGEST_SIDE = 8192
_RECEIVE_BUFFER = 2_097_152
_OWN_SINK = re.compile(r"\bappsink\b[^!]*\bname\s*=\s*\"?sink\b")


def datagram_pipeline(stream: Stream) -> str:
    """Return the pipeline that receives RTP over UDP; `net` is its receiver and `jitter` knows the losses.

    JPEG has its payload type by RFC 3551; H.264 comes with any, as there is no session description to say which.
    """
    encoding = "JPEG" if stream.protocol is StreamProtocol.UDP_JPEG else "H264"
    payload = ",payload=26" if encoding == "JPEG" else ""
    address = f'address="{stream.host}" ' if stream.host else ""
    reuse = "true" if stream.host else "false"  # a multicast group is shared; a port that is in use must be told
    return (
        f"udpsrc name=net {address}port={stream.port} reuse={reuse} buffer-size={_RECEIVE_BUFFER} "
        f'caps="application/x-rtp,media=video,clock-rate=90000,encoding-name={encoding}{payload}" ! '
        f"rtpjitterbuffer name=jitter latency={stream.latency_ms} do-lost=true ! {DECODERS[encoding]} ! {SINK}"
    )


def multipart_pipeline(descriptor: int) -> str:
    """Return the pipeline that reads JPEGs with multipart headers from an open connection."""
    return (
        f"fdsrc name=net fd={descriptor} do-timestamp=true ! multipartdemux ! image/jpeg ! jpegparse ! "
        f"image/jpeg,width=[1,{LARGEST_SIDE}],height=[1,{LARGEST_SIDE}] ! {JPEG_DECODER} ! {SINK}"
    )


def rtsp_pipeline(stream: Stream) -> str:
    """Return the client `rtsp` only: what follows its pads is known once the server has told what it sends.

    Pictures come inside the connection (TCP), where none gets damaged.
    """
    return f"rtspsrc name=rtsp protocols=tcp latency={stream.latency_ms} tcp-timeout=3000000 teardown-timeout=100000000"


def gscam_pipeline(config: str) -> str:
    """Return a user's pipeline with our sink at its end, unless it has an appsink of its own that is named `sink`.

    Raises SourceError when there is none.
    """
    text = config.strip().rstrip("!").strip()
    if not text:
        raise SourceError(
            "source gstreamer: has no pipeline: set gscam_config, e.g. to "
            '"v4l2src device=/dev/video0 ! image/jpeg,width=640,height=480 ! jpegdec"'
        )
    return text if _OWN_SINK.search(text) else f"{text} ! {SINK}"
