"""Network streams, and any pipeline of the user's, through GStreamer."""

from __future__ import annotations

import socket
import threading
import time

from emotion_perception.core.errors import SourceError, StaleSourceError
from emotion_perception.sources import silence
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
from emotion_perception.sources.rate_limit import RateLimitedReport
from emotion_perception.sources.rtp import sniff
from emotion_perception.sources.stream import Stream, StreamProtocol
from emotion_perception.sources.watchdog import CONNECTION, DATAGRAMS, Verdict, Watchdog

_POLL = 0.05
_TELL_STALE = 0.5  # seconds between two looks at what a silent stream brings


class GStreamerSource:
    """Reads a network stream, or with ``config`` the pipeline that it describes (gscam's gscam_config).

    One thread polls pictures and messages. A slow reader gets the newest picture; damaged ones are left out.
    """

    live = True
    frame_rate: float | None = None

    def __init__(self, stream: Stream | None, *, config: str = "", report: Report = log_report) -> None:
        self._stream = stream
        self._config = gscam_pipeline(config) if stream is None else ""
        self._name = stream.uri if stream else "gstreamer:"
        self._report = RateLimitedReport(report)
        datagrams = stream is None or stream.protocol.listens
        self._watchdog = Watchdog(DATAGRAMS if datagrams else CONNECTION)
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._pipeline: RunningPipeline | None = None
        self._connection: socket.socket | None = None
        self._size = ""
        self._damaged = 0

    @property
    def backend(self) -> str:
        """What reads the stream, in words."""
        return str(load_gst().version_string())

    @property
    def description(self) -> str:
        """The stream, with the pictures' size once one came."""
        return f"{self._name} ({self._size}, {self.backend})" if self._size else f"{self._name} ({self.backend})"

    def diagnosis(self) -> dict[str, str]:
        """Return what the stream's quality is, for diagnostics; call it about once a second."""
        pipeline = self._pipeline
        if pipeline is None:
            return {"backend": self.backend}
        loss = pipeline.loss()
        values = {"backend": self.backend, "damaged pictures dropped": str(self._damaged + pipeline.dropped)}
        if loss is not None:
            values["packet loss (%)"] = f"{100 * loss:.1f}"
        return values

    def open(self) -> None:
        """Connect and start. Raises SourceError when that fails."""
        self.close()
        self._closed.clear()
        self._start()

    def read(self) -> Frame | None:
        """Return the newest picture not read yet; None once closed.

        Raises StaleSourceError when nothing came for a while, SourceError when the stream is lost.
        """
        look = time.monotonic() + _TELL_STALE
        while not self._closed.is_set():
            pipeline = self._pipeline
            if pipeline is None:
                return None
            frame = self._pull(pipeline)
            if frame is not None:
                self._watchdog.frame()
                self._size = f"{frame.image.shape[1]}x{frame.image.shape[0]}"
                return frame
            verdict = self._watchdog.verdict
            if verdict is Verdict.LOST:
                self._reopen()
            if verdict is not Verdict.FLOWING and time.monotonic() >= look:
                raise StaleSourceError(self._explain_silence(pipeline))
        return None

    def close(self) -> None:
        """Stop; `read` returns within its polling time."""
        self._closed.set()
        with self._lock:
            self._stop()

    def _pull(self, pipeline: RunningPipeline) -> Frame | None:
        try:
            return pipeline.pull(_POLL)
        except SourceError as error:
            if self._closed.is_set():
                return None
            wrong = self._wrong_sender(pipeline)
            raise SourceError(wrong or str(error)) from error

    def _reopen(self) -> None:
        """Start anew after a long silence. Of a connection that is the capture's business, which waits before it."""
        if self._stream is not None and not self._stream.protocol.listens:
            raise SourceError(silence.explain(self._stream, None))
        with self._lock:
            self._stop()
        if not self._closed.is_set():
            self._start()

    def _start(self) -> None:
        text, location, connection = self._config, "", None
        stream = self._stream
        if stream is not None:
            if stream.protocol.listens:
                text = datagram_pipeline(stream)
            elif stream.protocol is StreamProtocol.RTSP:
                text, location = rtsp_pipeline(stream), stream.location
            else:
                connection = connect(stream.host, stream.port, name=stream.uri, cancelled=self._closed)
                if connection is None:
                    return
                text = multipart_pipeline(connection.fileno())
        with self._lock:
            self._connection = connection
            if not self._closed.is_set():
                self._pipeline = RunningPipeline(text, name=self._name, report=self._report, location=location)
        self._watchdog.restart()

    def _stop(self) -> None:
        if self._pipeline is not None:
            self._damaged += self._pipeline.dropped
            self._pipeline.close()
            self._pipeline = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _explain_silence(self, pipeline: RunningPipeline) -> str:
        arrived = sniff(list(pipeline.datagrams))
        pipeline.sniff_anew()
        return silence.explain(self._stream, arrived)

    def _wrong_sender(self, pipeline: RunningPipeline) -> str | None:
        arrived = sniff(list(pipeline.datagrams))
        return silence.wrong_sender(self._stream, arrived) if self._stream else None
