"""GStreamer, through which a NAO's video and other streams come."""

from __future__ import annotations

from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note, ok
from emotion_perception.core.errors import SourceError


def check(settings: Settings) -> Finding:
    """Load it. PyAV reads network streams without it, if less well; a pipeline of the user's own needs it."""
    from emotion_perception.sources.gst import INSTALL, load_gst

    try:
        return ok(str(load_gst().version_string()))
    except SourceError as error:
        sentence = str(error).removesuffix(f": {INSTALL}")
    if settings.source.startswith("gstreamer:"):
        return fault(f"{sentence}, and the source is a pipeline of its elements", "install it", command=INSTALL)
    return note(f"{sentence}; only streams, such as a NAO's camera, gain by it", "install it for them", command=INSTALL)
