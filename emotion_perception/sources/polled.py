"""What the readers of network streams have in common: polling, and telling silence from loss."""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod

from emotion_perception.core.errors import SourceError, StaleSourceError
from emotion_perception.sources import silence
from emotion_perception.sources.base import Frame, Report
from emotion_perception.sources.rate_limit import RateLimitedReport
from emotion_perception.sources.rtp import Payload
from emotion_perception.sources.stream import Stream, StreamProtocol
from emotion_perception.sources.watchdog import CONNECTION, DATAGRAMS, RTSP, Verdict, Watchdog

_POLL = 0.05
_TELL_AGAIN = 1.0  # seconds between two looks at what a silent stream brings instead of pictures


class PolledStream(ABC):
    """A live source that is asked for its newest picture again and again; a slow reader misses those before.

    stream: None for a user's own pipeline. name: what to call it.
    """

    live = True
    frame_rate: float | None = None

    def __init__(self, stream: Stream | None, *, name: str, report: Report) -> None:
        self._stream = stream
        self._name = name
        self._report = RateLimitedReport(report)
        self._connects = stream is not None and not stream.protocol.listens
        rtsp = stream is not None and stream.protocol is StreamProtocol.RTSP
        self._watchdog = Watchdog(RTSP if rtsp else CONNECTION if self._connects else DATAGRAMS)
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._size = ""

    @property
    @abstractmethod
    def backend(self) -> str:
        """What reads the stream, e.g. "GStreamer 1.22.0"."""

    @property
    def description(self) -> str:
        """The stream, with the pictures' size once one came, and what reads it."""
        return f"{self._name} ({self._size}, {self.backend})" if self._size else f"{self._name} ({self.backend})"

    def open(self) -> None:
        """Connect and start. Raises SourceError when that fails."""
        self.close()
        self._closed.clear()
        self._start()
        self._watchdog.restart()

    def read(self) -> Frame | None:
        """Return the newest picture that was not read yet; None once closed.

        Raises StaleSourceError when nothing came for a while, SourceError when the stream is lost.
        """
        begin = time.monotonic()
        look, listen = begin + _TELL_AGAIN, begin + _TELL_AGAIN / 2
        while not self._closed.is_set():
            frame = self._poll()
            if frame is not None:
                self._watchdog.frame()
                self._size = f"{frame.image.shape[1]}x{frame.image.shape[0]}"
                return frame
            if time.monotonic() >= listen:  # what came before says nothing about the silence
                listen = math.inf
                self._listen_anew()
            verdict = self._watchdog.verdict
            if verdict is Verdict.LOST:
                self._reopen()
            if verdict is not Verdict.FLOWING and time.monotonic() >= look:
                raise StaleSourceError(silence.explain(self._stream, self._arrived()))
        return None

    def close(self) -> None:
        """Stop; `read` returns within its polling time."""
        self._closed.set()
        with self._lock:
            self._stop()

    @abstractmethod
    def _start(self) -> None:
        """Connect and start, under the lock where `_stop` could meet half of it. Raises SourceError."""

    @abstractmethod
    def _stop(self) -> None:
        """Let go of everything; called under the lock."""

    @abstractmethod
    def _pull(self, timeout: float) -> Frame | None:
        """Return a picture that comes within ``timeout`` seconds. Raises SourceError when the stream broke."""

    @abstractmethod
    def _arrived(self) -> Payload | None:
        """Return what datagrams since `_listen_anew` hold; called every now and then during silence."""

    @abstractmethod
    def _listen_anew(self) -> None:
        """Forget the datagrams that came so far; called a moment before each `_arrived`."""

    def _poll(self) -> Frame | None:
        try:
            return self._pull(_POLL)
        except SourceError as error:
            if self._closed.is_set():  # while it was being taken apart
                return None
            wrong = silence.wrong_sender(self._stream, self._arrived()) if self._stream else None
            raise SourceError(wrong or str(error)) from error

    def _reopen(self) -> None:
        """Start anew after a long silence. Of a connection that is the capture's business, which waits before it."""
        if self._connects:
            raise SourceError(silence.explain(self._stream, None))
        with self._lock:
            self._stop()
        if not self._closed.is_set():
            self._start()
            self._watchdog.restart()
