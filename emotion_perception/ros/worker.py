"""A thread that works on the newest item only, so that slow work delays nothing and is never late for long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class NewestWorker(Generic[Item]):
    """Calls ``work`` with one item at a time, in a thread of its own.

    `submit` returns at once. Of the items that arrive while one is being worked on only the newest waits; an item that
    it replaces is dropped and counted. What ``work`` raises goes to ``failed`` and does not end the thread.
    """

    def __init__(self, work: Callable[[Item], None], *, name: str, failed: Callable[[Exception], None]) -> None:
        self._work = work
        self._failed = failed
        self._changed = threading.Condition()
        self._waiting: Item | None = None
        self._stopped = False
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """How many items were replaced before their turn came."""
        return self._dropped

    def submit(self, item: Item) -> None:
        """Hand over an item; does nothing once stopped."""
        with self._changed:
            if self._stopped:
                return
            self._dropped += self._waiting is not None
            self._waiting = item
            self._changed.notify()

    def stop(self) -> None:
        """Finish the item at work, forget the one that waits, and end the thread."""
        with self._changed:
            self._stopped = True
            self._waiting = None
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or self._waiting is not None)
                if self._stopped:
                    return
                item, self._waiting = self._waiting, None
            assert item is not None
            try:
                self._work(item)
            except Exception as error:
                self._failed(error)
