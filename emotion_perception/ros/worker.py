"""A thread that works on the newest item only, so that slow work delays nothing and is never late for long."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class NewestWorker(Generic[Item]):
    """Calls ``work`` with one item at a time, in a thread of its own.

    `submit` returns at once. Of the items that arrive while one is being worked on only the newest ``room`` wait, in
    their order; an item that has to make room is dropped and counted. What ``work`` raises goes to ``failed`` and does
    not end the thread.
    """

    def __init__(
        self, work: Callable[[Item], None], *, name: str, failed: Callable[[Exception], None], room: int = 1
    ) -> None:
        self._work = work
        self._failed = failed
        self._changed = threading.Condition()
        self._waiting: deque[Item] = deque(maxlen=room)
        self._stopped = False
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """How many items made room before their turn came."""
        return self._dropped

    def submit(self, item: Item) -> None:
        """Hand over an item; does nothing once stopped."""
        with self._changed:
            if self._stopped:
                return
            self._dropped += len(self._waiting) == self._waiting.maxlen
            self._waiting.append(item)
            self._changed.notify()

    def stop(self) -> None:
        """Finish the item at work, forget those that wait, and end the thread."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or self._waiting)
                if self._stopped:
                    return
                item = self._waiting.popleft()
            try:
                self._work(item)
            except Exception as error:
                self._failed(error)
