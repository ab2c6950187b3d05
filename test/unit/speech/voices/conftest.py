from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import gtts.tts
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

RATE = 24000
TONE = 1000.0  # Hz: what the cloud says, so that nobody takes it for espeak


def tone(seconds: float = 0.5) -> NDArray[np.int16]:
    return (12000 * np.sin(2 * np.pi * TONE / RATE * np.arange(round(seconds * RATE)))).astype(np.int16)


class Cloud:
    """Speaks the wire format of Google Translate's speech, and misbehaves as it is told.

    behave: called with the request handler; None answers with a tone, as MP3. asked: (text, language) of each request.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.behave: Callable[[Any], None] | None = None
        self.release = threading.Event()  # ends what hangs
        encoded = io.BytesIO()
        soundfile.write(encoded, tone(), RATE, format="MP3")
        self.mp3 = encoded.getvalue()
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                [[[_, parameters, *_]]] = json.loads(form["f.req"][0])
                text, language, *_ = json.loads(parameters)
                cloud.asked.append((text, language))
                (cloud.behave or cloud.say)(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def say(self, handler: Any, content: bytes | None = None) -> None:
        inner = json.dumps([base64.b64encode(self.mp3 if content is None else content).decode()])
        row = ["wrb.fr", "jQ1olc", inner, None, None, None, "generic"]
        self.reply(handler, b")]}'\n\n" + json.dumps([row], separators=(",", ":")).encode() + b"\n")

    @staticmethod
    def reply(handler: Any, content: bytes, status: int = 200) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def stall(self, handler: Any) -> None:
        self.release.wait(30)

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The service that gtts asks."""
    made = Cloud()
    monkeypatch.setattr(gtts.tts, "_translate_url", lambda tld="com", path="": made.address + path)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield made
    made.close()


@pytest.fixture
def is_tone() -> Callable[[NDArray[np.int16], int], bool]:
    """is_tone(samples, rate): whether the cloud is heard, and not espeak."""

    def look(samples: NDArray[np.int16], rate: int) -> bool:
        power = np.abs(np.fft.rfft(samples.astype(float) * np.hanning(len(samples)))) ** 2
        frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
        return bool(power[np.abs(frequencies - TONE) < 50].sum() > 0.9 * power.sum())

    return look
