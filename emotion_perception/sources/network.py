"""Chooses what reads a network stream: GStreamer where it is installed, PyAV elsewhere."""

from __future__ import annotations

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.base import Report, Source
from emotion_perception.sources.gst import load_gst
from emotion_perception.sources.stream import Stream


def open_stream(stream: Stream, report: Report) -> Source:
    """Return the source of ``stream``. Reports the line that installs GStreamer where PyAV has to do."""
    try:
        load_gst()
    except SourceError as missing:
        from emotion_perception.sources.pyav_stream import PyAvStreamSource  # FFmpeg takes a while to load

        report(f"{stream.uri} is read by PyAV, which does less (docs/cameras.md): {missing}")
        return PyAvStreamSource(stream, report=report)
    from emotion_perception.sources.gstreamer import GStreamerSource

    return GStreamerSource(stream, report=report)


def open_pipeline(config: str, report: Report) -> Source:
    """Return the source of a GStreamer pipeline. Raises SourceError when there is no GStreamer, or no pipeline."""
    from emotion_perception.sources.gstreamer import GStreamerSource

    load_gst()
    return GStreamerSource(None, config=config, report=report)
