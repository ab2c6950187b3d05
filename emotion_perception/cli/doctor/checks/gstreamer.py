"""GStreamer, through which a NAO's video and other streams come."""

from __future__ import annotations

from importlib import import_module

from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note, ok
from emotion_perception.core.errors import SourceError

_STREAMS = ("gstreamer:", "nao:", "udp:", "rtsp:", "tcp:")


def check(settings: Settings) -> Finding:
    """Load it; only a robot whose source is a stream needs it."""
    load_gst = import_module("emotion_perception.sources.gst").load_gst
    try:
        gst = load_gst()
    except SourceError as error:
        sentence, _, command = str(error).rpartition(": ")
        if settings.source.startswith(_STREAMS):
            return fault(f"{sentence}, and {settings.source} is a stream", "install it", command=command)
        return note(
            f"{sentence}; only streams, such as a NAO's camera, need it", "install it for them", command=command
        )
    return ok(str(gst.version_string()))
