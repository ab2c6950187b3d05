"""An answer that may take too long: waited for as long as makes sense, and then left alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Answer(Generic[Value]):
    """What ``ask`` returns or raises, in a thread of its own that the end of the process does not wait for."""

    def __init__(self, ask: Callable[[], Value]) -> None:
        self._done = threading.Event()
        self._values: list[Value] = []
        self._error: Exception | None = None
        threading.Thread(target=self._run, args=(ask,), name="answer", daemon=True).start()

    def wait(self, seconds: float) -> Value | None:
        """Return the value, or None if it is not there after so many seconds. Raises what ``ask`` raised."""
        if not self._done.wait(max(0.0, seconds)):
            return None
        if self._error is not None:
            raise self._error
        return self._values[0]

    def _run(self, ask: Callable[[], Value]) -> None:
        try:
            self._values.append(ask())
        except Exception as error:
            self._error = error
        finally:
            self._done.set()
