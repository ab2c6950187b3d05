"""Network streams, and any pipeline of the user's, through GStreamer."""

from __future__ import annotations

import socket
import time

from emotion_perception.sources.base import Frame, Report, log_report
from emotion_perception.sources.connection import connect
from emotion_perception.sources.gst import load_gst
from emotion_perception.sources.gst_pipeline import RunningPipeline
from emotion_perception.sources.pipelines import (
    datagram_pipeline,
    gscam_pipeline,
    multipart_pipeline,
    rtsp_pipeline,
)
from emotion_perception.sources.polled import PolledStream
from emotion_perception.sources.rtp import Payload, count_senders, sniff
from emotion_perception.sources.stream import Stream, StreamProtocol

_INSPECTION = 5.0  # seconds from one look at the datagrams of a stream that flows to the next


class GStreamerSource(PolledStream):
    """Reads a network stream, or with ``config`` the pipeline that it describes (gscam's gscam_config).

    One thread polls pictures and messages. Damaged pictures are left out. Raises SourceError without GStreamer.
    """

    def __init__(self, stream: Stream | None, *, config: str = "", report: Report = log_report) -> None:
        super().__init__(stream, name=stream.uri if stream else "gstreamer:", report=report)
        self._config = gscam_pipeline(config) if stream is None else ""
        self._backend = str(load_gst().version_string())
        self._pipeline: RunningPipeline | None = None
        self._connection: socket.socket | None = None
        self._dropped = 0
        self._inspect_at = 0.0

    @property
    def backend(self) -> str:
        """GStreamer with its version."""
        return self._backend

    def diagnosis(self) -> dict[str, str]:
        """Return what reads the stream, and how good it is of late."""
        pipeline = self._pipeline
        dropped = self._dropped + (pipeline.dropped if pipeline else 0)
        values = {"backend": self.backend, "damaged pictures dropped": str(dropped)}
        loss = pipeline.loss() if pipeline else None
        if loss is not None:
            values["packet loss (%)"] = f"{100 * loss:.1f}"
        return values

    def _start(self) -> None:
        text, location, connection = self._config, "", None
        stream = self._stream
        if stream is not None:
            if self._connects:
                connection = connect(stream.host, stream.port, name=stream.uri, cancelled=self._closed)
                if connection is None:
                    return
            if connection is None:
                text = datagram_pipeline(stream)
            elif stream.protocol is StreamProtocol.RTSP:
                connection.close()  # it told that the server is there; GStreamer's client would not say why not
                text, location, connection = rtsp_pipeline(stream), stream.location, None
            else:
                text = multipart_pipeline(connection.fileno())
        with self._lock:
            self._connection = connection
            if not self._closed.is_set():
                self._pipeline = RunningPipeline(text, name=self._name, report=self._report, location=location)

    def _stop(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            self._dropped += pipeline.dropped
            pipeline.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _pull(self, timeout: float) -> Frame | None:
        pipeline = self._pipeline
        if pipeline is None:
            time.sleep(timeout)
            return None
        frame = pipeline.pull(timeout)
        if frame is not None and time.monotonic() >= self._inspect_at:  # silence has its own looks: see `_arrived`
            self._inspect_at = time.monotonic() + _INSPECTION
            self._count_senders(pipeline)
            pipeline.sniff_anew()
        return frame

    def _count_senders(self, pipeline: RunningPipeline) -> None:
        """Say when several senders share the port: their pictures would alternate, or spoil each other."""
        senders = count_senders(list(pipeline.datagrams))
        if senders > 1 and self._stream is not None:
            self._report(
                f"{self._name}: {senders} senders send to UDP port {self._stream.port} at once: stop all but one, or "
                "give each a port of its own"
            )

    def _arrived(self) -> Payload | None:
        pipeline = self._pipeline
        if pipeline is None:
            return None
        self._count_senders(pipeline)
        return sniff(list(pipeline.datagrams))

    def _listen_anew(self) -> None:
        pipeline = self._pipeline
        if pipeline is not None:
            pipeline.sniff_anew()
