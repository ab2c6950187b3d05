"""What no picture comes of: noise, mute and talkative servers, ports in use; and closing in the middle of it."""

from __future__ import annotations

import gc
import os
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
from streaming import URIS, Receiver, free_port

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.capture import CaptureState
from emotion_perception.sources.gst_pipeline import RunningPipeline
from emotion_perception.sources.gstreamer import GStreamerSource
from emotion_perception.sources.pyav_stream import PyAvStreamSource
from emotion_perception.sources.stream import parse_stream

BACKENDS = ("gstreamer", "pyav")
SILENT = (CaptureState.STALE, CaptureState.LOST)
NONSENSE = bytes(range(256)) * 40
MEGABYTE = 1_000_000
NOISE_SECONDS = float(os.environ.get("NOISE_SECONDS", "1.5"))  # 60 for what the documentation claims


@pytest.mark.parametrize("backend", BACKENDS)
def test_noise_is_named_floods_no_log_takes_no_memory_and_hides_no_sender(
    backend: str, sender: Callable[..., Any], receive: Callable[..., Receiver]
) -> None:
    port = free_port("udp")
    receiver = receive(backend, "udp-jpeg", port)
    noise = sender("noise", port)
    receiver.wait_state(*SILENT, text="arrives at UDP port")
    process = psutil.Process()
    before, begin = process.memory_info().rss, time.monotonic()
    reports, states = len(receiver.reports), len(receiver.states)
    time.sleep(NOISE_SECONDS)
    elapsed = time.monotonic() - begin
    growth = process.memory_info().rss - before
    print(f"{backend}: {len(receiver.reports) - reports} reports, {growth / 1e6:.1f} MB more after {elapsed:.0f} s")
    assert len(receiver.reports) - reports <= elapsed + 1
    assert len(receiver.states) - states <= elapsed + 1
    assert growth < 20 * MEGABYTE
    assert receiver.damaged == 0

    count = len(receiver.pictures)
    sender("udp-jpeg", port)
    time.sleep(0.5)
    print(f"{backend}: {len(receiver.pictures) - count} pictures in the noise")
    noise.kill()
    receiver.wait_pictures(len(receiver.pictures) - count + 3, since=count)
    assert receiver.damaged == 0


def test_two_senders_at_one_port_are_told_apart_from_one(
    sender: Callable[..., Any],
    receive: Callable[..., Receiver],
    eventually: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("emotion_perception.sources.gstreamer._INSPECTION", 0.2)
    port = free_port("udp")
    receiver = receive("gstreamer", "udp-jpeg", port)
    sender("udp-jpeg", port)
    receiver.wait_pictures(15)
    assert receiver.reports == []
    sender("udp-jpeg", port)
    eventually(lambda: any("2 senders send to UDP port" in told for told in receiver.reports))
    assert receiver.damaged == 0


def test_a_few_datagrams_are_looked_at_however_long_a_stream_flows(
    sender: Callable[..., Any], receive: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emotion_perception.sources.gstreamer._INSPECTION", 0.1)
    monkeypatch.setattr("emotion_perception.sources.gst_pipeline._SNIFFED", 4)
    called = Counter[str]()
    for name in ("_sniff", "sniff_anew"):
        method = getattr(RunningPipeline, name)

        def count(*arguments: Any, name: str = name, method: Callable[..., Any] = method) -> Any:
            called[name] += 1
            return method(*arguments)

        monkeypatch.setattr(RunningPipeline, name, count)
    port = free_port("udp")
    sender("udp-jpeg", port)
    receive("gstreamer", "udp-jpeg", port).wait_pictures(30)
    assert called["sniff_anew"] >= 3
    assert called["_sniff"] <= 4 * called["sniff_anew"], "each look at the datagrams goes on for good"


def test_what_arrives_is_not_forgotten_a_moment_before_it_is_named(
    sender: Callable[..., Any], receive: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emotion_perception.sources.gstreamer._INSPECTION", 0.0)
    port = free_port("udp")
    sender("udp-h264", port, "--rate", "5")
    told = receive("gstreamer", "udp-jpeg", port).wait_state(*SILENT)
    assert "RTP with H.264 arrives" in told


def test_a_camera_with_few_key_frames_is_awaited(sender: Callable[..., Any], receive: Callable[..., Receiver]) -> None:
    port = free_port("rtsp")
    sender("rtsp-h264", port, "--size", "160x120", "--interval", "180")  # six seconds from one to the next
    receive("gstreamer", "rtsp-h264", port).wait_pictures(1)


@pytest.fixture
def server() -> Iterator[Callable[[bytes], int]]:
    """server(b"hello") -> the port of a TCP server that says this to everyone, as often as asked, and no more."""
    stop = threading.Event()
    listeners: list[socket.socket] = []

    def start(words: bytes) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            with listener:
                while not stop.is_set():
                    try:
                        connection, _ = listener.accept()
                    except OSError:
                        return
                    threading.Thread(target=talk, args=(connection,), daemon=True).start()

        def talk(connection: socket.socket) -> None:
            with connection:
                try:
                    while words and not stop.is_set():
                        connection.sendall(words)
                        stop.wait(0.01)
                    stop.wait()
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    stop.set()
    for each in listeners:
        each.close()


@pytest.mark.parametrize(
    ("backend", "protocol", "words"),
    [
        ("gstreamer", "tcp-mjpeg", b""),
        ("gstreamer", "tcp-mjpeg", NONSENSE),
        ("gstreamer", "rtsp-h264", NONSENSE),
        ("pyav", "tcp-mjpeg", NONSENSE),
        ("pyav", "rtsp-h264", b""),
    ],
    ids=["gstreamer-mute", "gstreamer-nonsense", "gstreamer-rtsp-nonsense", "pyav-nonsense", "pyav-rtsp-mute"],
)
def test_a_server_of_something_else_is_told(
    backend: str, protocol: str, words: bytes, server: Callable[[bytes], int], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(backend, protocol, server(words))
    sentence = receiver.wait_state(CaptureState.LOST)
    assert sentence.startswith(f"{protocol.removesuffix('-h264')}://127.0.0.1:")
    assert receiver.pictures == []
    assert len(receiver.reports) <= 10


def _claiming(side: int) -> bytes:
    """Return a multipart JPEG of a few hundred bytes whose header says that it is a square of that many pixels."""
    content = bytearray(cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes())
    start = content.index(b"\xff\xc0") + 5
    content[start : start + 4] = struct.pack(">HH", side, side)
    return b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(content), content)


def test_a_jpeg_that_claims_to_be_huge_takes_no_memory(
    server: Callable[[bytes], int], receive: Callable[..., Receiver]
) -> None:
    before = psutil.Process().memory_info().rss
    receiver = receive("gstreamer", "tcp-mjpeg", server(_claiming(9000)))
    assert "at most 8192 pixels" in receiver.wait_state(CaptureState.LOST)
    assert receiver.pictures == []
    assert psutil.Process().memory_info().rss - before < 100 * MEGABYTE


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("protocol", ["tcp-mjpeg", "rtsp-h264"])
def test_a_server_that_is_not_there_is_told_with_the_reason(
    backend: str, protocol: str, receive: Callable[..., Receiver]
) -> None:
    port = free_port(protocol)
    sentence = receive(backend, protocol, port).wait_state(CaptureState.LOST)
    assert str(port) in sentence
    assert "refused" in sentence.lower()
    assert "see that the sender runs there" in sentence


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_path_that_the_server_does_not_have_is_told(
    backend: str, sender: Callable[..., Any], receive: Callable[..., Receiver]
) -> None:
    port = free_port("rtsp")
    sender("rtsp-jpeg", port)
    assert "404" in receive(backend, "rtsp-jpeg", port, path="nothing").wait_state(CaptureState.LOST)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_port_in_use_is_told(backend: str, receive: Callable[..., Receiver]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 0))
        port = other.getsockname()[1]
        receiver = receive(backend, "udp-jpeg", port)
        sentence = receiver.wait_state(CaptureState.LOST)
    assert "in use" in sentence.lower()
    assert "end the program that has the port" in sentence


@pytest.mark.parametrize(
    ("backend", "protocol"),
    [("gstreamer", "udp-jpeg"), ("gstreamer", "tcp-mjpeg"), ("gstreamer", "rtsp-jpeg"), ("pyav", "tcp-mjpeg")],
)
def test_open_and_close_leave_nothing_behind(
    backend: str, protocol: str, sender: Callable[..., Any], eventually: Callable[..., None]
) -> None:
    port = free_port(protocol)
    sender(protocol, port)
    stream = parse_stream(URIS[protocol].format(port=port))
    source = {"gstreamer": GStreamerSource, "pyav": PyAvStreamSource}[backend](stream)

    def left() -> tuple[int, int]:
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir())), len(list(Path("/proc/self/task").iterdir()))

    def plays() -> bool:
        """Whether a picture came; a server may be busy with its last client still, and a capture tries again too."""
        try:
            source.open()
            return source.read() is not None
        except SourceError:
            return False
        finally:
            source.close()
            assert source.read() is None

    def play() -> None:
        eventually(plays)

    for _ in range(2):  # what is loaded once
        play()
    before = left()
    for _ in range(4):
        play()
    eventually(lambda: all(now <= then + 1 for now, then in zip(left(), before, strict=True)))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("protocol", ["udp-jpeg", "tcp-mjpeg", "rtsp-h264"])
def test_a_read_that_waits_ends_when_another_thread_closes(
    backend: str, protocol: str, server: Callable[[bytes], int], gstreamer: Any
) -> None:
    port = free_port() if protocol == "udp-jpeg" else server(b"")
    stream = parse_stream(URIS[protocol].format(port=port))
    source = {"gstreamer": GStreamerSource, "pyav": PyAvStreamSource}[backend](stream)
    source.open()
    ended = threading.Event()

    def read() -> None:
        try:
            assert source.read() is None
        except SourceError as error:  # it was silent for long enough meanwhile
            print(error)
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    time.sleep(0.2)
    source.close()
    assert ended.wait(5)
