"""Chromium without a window, driven through its DevTools protocol over two pipes: no library, no driver program.

https://chromedevtools.github.io/devtools-protocol/ ; messages are JSON and end with a zero byte.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

INSTALL = "sudo apt-get install chromium"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_POLL = 0.1  # seconds between looks at the page, by a promise in the page itself


def find_browser() -> str | None:
    """Return the path of a Chromium or Chrome, None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


class Browser:
    """A browser with one page. Use it as a context."""

    def __init__(self, *, width: int = 1280, height: int = 900, scale: float = 1.0) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="emotion_perception_browser_", ignore_cleanup_errors=True)
        read_here, write_there = os.pipe()
        read_there, self._out = os.pipe()
        program = find_browser()
        assert program, f"there is no browser: {INSTALL}"
        # Chromium reads its commands from descriptor 3 and writes answers to 4; inside a container it has no sandbox.
        command = f'exec "$0" "$@" 3<&{read_there} 4>&{write_there}'
        options = [
            "--headless=new",
            "--remote-debugging-pipe",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--hide-scrollbars",
            f"--window-size={width},{height}",
            f"--force-device-scale-factor={scale}",
            f"--user-data-dir={self._profile.name}",
            "about:blank",
        ]
        self._process = subprocess.Popen(
            ["bash", "-c", command, program, *options],
            pass_fds=(read_there, write_there),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_there)
        os.close(write_there)
        self._in = os.fdopen(read_here, "rb")
        self._buffer = b""
        self._count = 0
        self._session = ""
        self.log: list[str] = []

    def __enter__(self) -> Browser:
        (page,) = (each for each in self._call("Target.getTargets")["targetInfos"] if each["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._out)
        self._in.close()
        self._profile.cleanup()

    def open(self, url: str) -> None:
        """Go to an address."""
        self._call("Page.navigate", url=url)

    def resize(self, width: int, height: int, *, scale: float = 1.0, phone: bool = False) -> None:
        """Make the window another size, in CSS pixels."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of the page, a promise's when it is kept."""
        answer = self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition: str, timeout: float = 60.0) -> Any:
        """Wait until an expression of the page is true, and return its value; survives reloads of the page."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                if value := self.evaluate(condition):
                    return value
                self.evaluate(f"new Promise((kept) => setTimeout(kept, {1000 * _POLL}))")
            except AssertionError:  # the page is being loaded
                time.sleep(_POLL)
        text = self.evaluate("document.body.innerText")
        raise AssertionError(f"waited {timeout:g} s in vain for {condition}; the page says: {text!r}; log: {self.log}")

    def text(self, selector: str) -> str:
        """Return the text of an element, "" where there is none."""
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def screenshot(self, path: Path, *, quality: int | None = None) -> None:
        """Write what the window shows, as JPEG if a quality is given, else as PNG."""
        options: dict[str, Any] = {"format": "jpeg", "quality": quality} if quality else {"format": "png"}
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", **options)["data"]))

    def _call(self, method: str, **parameters: Any) -> Any:
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._count:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.log.append(json.dumps(answer["params"])[:500])

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            chunk = os.read(self._in.fileno(), 1 << 16)
            assert chunk, "the browser ended"
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\0")
        answer: dict[str, Any] = json.loads(line)
        return answer
