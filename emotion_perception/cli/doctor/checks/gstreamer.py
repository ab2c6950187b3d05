"""GStreamer, through which a NAO's video and other streams come."""

from __future__ import annotations

from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note, ok

_STREAMS = ("gstreamer:", "nao:", "udp:", "rtsp:", "tcp:")


def check(settings: Settings) -> Finding:
    """Load it; only a robot whose source is a stream needs it."""
    from emotion_perception.core.errors import SourceError
    from emotion_perception.sources.gst import load_gst

    try:
        gst = load_gst()
    except SourceError as error:
        sentence, _, command = str(error).rpartition(": ")
        if settings.source.startswith(_STREAMS):
            return fault(f"{sentence}, and {settings.source} is a stream", "install it", command=command)
        return note(f"{sentence}; only streams (a NAO's camera) need it", "install it for them", command=command)
    return ok(str(gst.version_string()))
