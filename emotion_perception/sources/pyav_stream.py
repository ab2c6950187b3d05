"""Network streams through FFmpeg (PyAV), for machines without GStreamer."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.base import Frame, Report, log_report
from emotion_perception.sources.bgr import BgrConverter
from emotion_perception.sources.gst import INSTALL
from emotion_perception.sources.pipelines import LARGEST_SIDE
from emotion_perception.sources.polled import PolledStream
from emotion_perception.sources.pyav_packets import whole_packets
from emotion_perception.sources.rtp import SNIFFED_BYTES, Payload, sniff
from emotion_perception.sources.silence import remedy
from emotion_perception.sources.stream import Stream, StreamProtocol

_OPTIONS = {"fflags": "discardcorrupt", "flags": "low_delay", "probesize": "32768", "analyzeduration": "0"}
_PATIENCE = {True: 0.4, False: 3.0}  # seconds of one wait for datagrams, for a connection
_READ_PATIENCE = 0.4
_SNIFF_TIME, _SNIFFED = 0.15, 32


class PyAvStreamSource(PolledStream):
    """Reads a network stream in a thread of its own, which keeps the newest picture.

    Raises SourceError for H.264 over UDP: FFmpeg does not say which pictures a lost packet damaged.
    """

    def __init__(self, stream: Stream, *, report: Report = log_report) -> None:
        if stream.protocol is StreamProtocol.UDP_H264:
            raise SourceError(
                f"source {stream.uri} needs GStreamer, as FFmpeg shows pictures that lost packets damaged: {INSTALL}"
            )
        super().__init__(stream, name=stream.uri, report=report)
        self._wanted = stream
        self._reader: _Reader | None = None
        self._dropped = 0

    @property
    def backend(self) -> str:
        """PyAV with its version."""
        return f"PyAV {av.__version__}"

    def diagnosis(self) -> dict[str, str]:
        """Return what reads the stream, what would do it better, and how many pictures were damaged."""
        reader = self._reader
        dropped = self._dropped + (reader.dropped if reader else 0)
        return {"backend": f"{self.backend}; for GStreamer: {INSTALL}", "damaged pictures dropped": str(dropped)}

    def _start(self) -> None:
        with self._lock:
            if not self._closed.is_set():
                self._reader = _Reader(self._wanted)

    def _stop(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            self._dropped += reader.dropped
            reader.stop()

    def _pull(self, timeout: float) -> Frame | None:
        reader = self._reader
        if reader is None:
            time.sleep(timeout)
            return None
        return reader.take(timeout)

    def _arrived(self) -> Payload | None:
        return self._reader.arrived if self._reader else None

    def _listen_anew(self) -> None:
        """Do nothing: the reader listens at the port whenever it is silent."""


class _Reader:
    """The thread that owns FFmpeg's container.

    arrived: what datagrams held when last no picture came. dropped: damaged pictures so far.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._converter = BgrConverter()
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._error: str | None = None
        self._stopped = False
        self.arrived: Payload | None = None
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name=f"read {stream.uri}", daemon=True)
        self._thread.start()

    def take(self, timeout: float) -> Frame | None:
        """Return the newest picture once. Raises SourceError when the stream ended or could not be opened."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest or self._error, timeout)
            frame, self._newest = self._newest, None
            if frame is None and self._error:
                raise SourceError(self._error)
            return frame

    def stop(self) -> None:
        """End the thread; one that holds a port is awaited, as the next one needs it."""
        self._stopped = True
        if self._stream.protocol.listens:
            self._thread.join(_READ_PATIENCE + 0.1)

    def _run(self) -> None:
        error = f"{self._stream.uri}: the sender has ended the stream"
        try:
            if self._stream.protocol.listens:
                _listen(self._stream).close()  # FFmpeg would not say that the port is in use
            while not self._stopped:
                self._play()
                if not self._stream.protocol.listens:
                    break
                self.arrived = None if self._stopped else _sniff_port(self._stream)
        except FFmpegError as failed:
            reason = str(failed.strerror or failed)
            known = remedy(reason) or "see that the sender runs there, and that the network reaches it"
            error = f"{self._stream.uri} cannot be read ({reason}): {known}"
        except OSError as failed:
            reason = str(failed.strerror or failed)
            error = f"{self._stream.uri} cannot be read ({reason}): {remedy(reason) or 'use another port'}"
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def _play(self) -> None:
        """Show pictures until silence (datagrams), the end (connections) or `stop`."""
        try:
            container = self._open()
        except av.error.ExitError:  # PyAV's time-out
            if self._stream.protocol.listens:
                return
            raise
        with container:
            stream = container.streams.best("video")
            if not isinstance(stream, VideoStream):
                return
            stream.codec_context.options = {"max_pixels": str(LARGEST_SIDE**2)}
            stream.thread_type = "SLICE"  # frame threads would add a delay of several pictures
            for packet in whole_packets(self._packets(container, stream)):
                if self._stopped:
                    return
                self._decode(stream, packet)

    def _open(self) -> InputContainer:
        stream = self._stream
        timeouts = (_PATIENCE[stream.protocol.listens], _READ_PATIENCE)
        if stream.protocol is StreamProtocol.RTSP:
            return av.open(stream.location, "r", options={**_OPTIONS, "rtsp_transport": "tcp"}, timeout=timeouts)
        if stream.protocol is StreamProtocol.TCP_MJPEG:
            host = f"[{stream.host}]" if ":" in stream.host else stream.host
            return av.open(f"tcp://{host}:{stream.port}", "r", format="mpjpeg", options=_OPTIONS, timeout=timeouts)
        options = {
            **_OPTIONS,
            "protocol_whitelist": "rtp,udp",
            "buffer_size": "2097152",
            "max_delay": str(1000 * stream.latency_ms),
        }
        return av.open(io.BytesIO(_session(stream)), "r", format="sdp", options=options, timeout=timeouts)

    def _packets(self, container: InputContainer, stream: VideoStream) -> Iterator[av.Packet[VideoStream]]:
        quiet = 0
        while not self._stopped and quiet < 3:
            try:
                for packet in container.demux(stream):
                    quiet = 0
                    yield packet
                return
            except av.error.ExitError:  # PyAV's time-out; the next demux goes on
                quiet += 1

    def _decode(self, stream: VideoStream, packet: av.Packet[VideoStream]) -> None:
        captured = time.monotonic_ns()
        try:
            frames = stream.codec_context.decode(packet)
        except FFmpegError:
            self.dropped += 1
            return
        for frame in frames:
            if frame.is_corrupt or packet.is_corrupt:
                self.dropped += 1
                continue
            image = self._converter.convert(frame)
            with self._changed:
                self._newest = Frame(image, captured=captured)
                self._changed.notify_all()


def _session(stream: Stream) -> bytes:
    """Return the session description (RFC 8866) of RTP with JPEG at the stream's port."""
    family, anywhere = ("IP6", "::") if ":" in stream.host else ("IP4", "0.0.0.0")
    lines = (
        "v=0",
        f"o=- 0 0 IN {family} {stream.host or anywhere}",
        "s=-",
        f"c=IN {family} {stream.host or anywhere}",
        "t=0 0",
        f"m=video {stream.port} RTP/AVP 26",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def _listen(stream: Stream) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in stream.host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listener.bind((stream.host, stream.port))
    except OSError:
        listener.close()
        raise
    return listener


def _sniff_port(stream: Stream) -> Payload | None:
    """Look for a moment at what arrives, with a socket of our own; FFmpeg's, which shows nothing, is closed."""
    datagrams: list[bytes] = []
    end = time.monotonic() + _SNIFF_TIME
    with _listen(stream) as listener:
        while len(datagrams) < _SNIFFED and (left := end - time.monotonic()) > 0:
            listener.settimeout(left)
            try:
                datagrams.append(listener.recv(SNIFFED_BYTES))
            except TimeoutError:
                break
    return sniff(datagrams)
