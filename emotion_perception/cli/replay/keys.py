"""Keys pressed in a terminal, without the Enter key."""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

_POLL = 0.1  # seconds


class Keys:
    """Calls a function per key while the context is open; does nothing where the input is no terminal.

    Ctrl-C stays what it is. The terminal is put back as it was.
    """

    def __init__(self, actions: Mapping[str, Callable[[], None]], *, stream: Any = None) -> None:
        self._actions = actions
        self._stream = sys.stdin if stream is None else stream
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def listening(self) -> bool:
        """Whether there is a terminal."""
        return self._thread is not None

    def __enter__(self) -> Keys:
        if self._stream is not None and self._stream.isatty():
            self._before = termios.tcgetattr(self._stream)
            tty.setcbreak(self._stream)
            self._thread = threading.Thread(target=self._listen, name="keys", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            termios.tcsetattr(self._stream, termios.TCSADRAIN, self._before)

    def _listen(self) -> None:
        while not self._stop.is_set():
            if select.select([self._stream], [], [], _POLL)[0]:
                pressed = os.read(self._stream.fileno(), 64)  # past the stream's buffer, which select knows nothing of
                if not pressed:  # the terminal is gone
                    return
                for key in pressed.decode(errors="ignore"):
                    self._actions.get(key, lambda: None)()
