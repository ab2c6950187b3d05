"""A robot's camera on this machine: a GStreamer sender, and a network between it and the graph that can be spoilt."""

from __future__ import annotations

import random
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

import av
import cv2

SIZES = {"vga": (640, 480), "qvga": (320, 240)}
RATE = 30
_PICTURES = 150  # five seconds, then from the beginning
_JPEG_QUALITY = 50  # see docs/nao.md
_LARGEST_DATAGRAM = 65536


def make_pictures(clip: Path, folder: Path) -> None:
    """Cut JPEGs of each size out of a clip with a face."""
    with av.open(str(clip)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number == _PICTURES:
                return
            image = frame.to_ndarray(format="bgr24")
            for name, size in SIZES.items():
                path = folder / f"{name}_{number:04d}.jpg"
                cv2.imwrite(str(path), cv2.resize(image, size), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])


class Sender:
    """gst-launch in a process of its own, as on a robot."""

    def __init__(self, pictures: Path, port: int) -> None:
        self._pictures = pictures
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self.size = "vga"

    def start(self) -> None:
        """Send RTP/JPEG of the present size."""
        pictures = f"location={self._pictures / self.size}_%04d.jpg"
        caps = f"caps=image/jpeg,framerate={RATE}/1"
        pace = f"sleep-time={round(1e6 / RATE)}"  # multifilesrc knows no time: it would send as fast as it can
        read = ("multifilesrc", pictures, "loop=true", "do-timestamp=true", caps)
        self._launch(*read, "!", "identity", pace, "!", "jpegparse", "!", "rtpjpegpay")

    def start_wrong_codec(self) -> None:
        """Send H.264 under the number of JPEG."""
        caps = f"video/x-raw,width=640,height=480,framerate={RATE}/1"
        encode = ("x264enc", "tune=zerolatency", "speed-preset=ultrafast", "!", "rtph264pay", "pt=26")
        self._launch("videotestsrc", "is-live=true", "!", caps, "!", *encode)

    def pause(self) -> None:
        """Stop in the middle of what it does, as a robot that is too busy."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Go on after a pause."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End without a word."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _launch(self, *pipeline: str) -> None:
        self.kill()
        program = shutil.which("gst-launch-1.0") or "gst-launch-1.0"
        # Paced by identity already; by multifilesrc's times the sink stopped for ever after one start in a few.
        sink = ("udpsink", "host=127.0.0.1", f"port={self._port}", "sync=false")
        command = [program, "-q", *pipeline, "!", *sink]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _signal(self, number: int) -> None:
        if self._process:
            self._process.send_signal(number)


class Network:
    """Carries datagrams from the sender to the graph; loses, swaps and adds some when asked to.

    loss: part of the datagrams that is lost, as many again overtake the one before.
    garbage: datagrams of random bytes a second.
    """

    def __init__(self, target: int, *, seed: int) -> None:
        self.loss = 0.0
        self.garbage = 0
        self._target = ("127.0.0.1", target)
        self._random = random.Random(seed)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._carry, self._pollute)]
        for thread in self._threads:
            thread.start()

    @property
    def port(self) -> int:
        """Where the sender sends to."""
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Carry nothing any more."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _carry(self) -> None:
        late: bytes | None = None
        while not self._stopped.is_set():
            try:
                datagram = self._socket.recv(_LARGEST_DATAGRAM)
            except TimeoutError:
                continue
            fate = self._random.random()
            if fate < self.loss:
                continue
            if fate < 2 * self.loss and late is None:
                late = datagram
                continue
            self._socket.sendto(datagram, self._target)
            if late is not None:
                self._socket.sendto(late, self._target)
                late = None

    def _pollute(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while not self._stopped.wait(0.01):
                for _ in range(self.garbage // 100):
                    out.sendto(self._random.randbytes(self._random.randint(1, 1400)), self._target)


def free_port() -> int:
    """Return a UDP port that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
