"""Writes a bag in a thread of its own, so that a slow disk holds up no subscription."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future

from emotion_perception.bags.topic import Topic
from emotion_perception.bags.writing import BagWriter
from emotion_perception.core.errors import BagError

_ROOM = 128 << 20  # bytes that may wait for the disk
_FLUSH = 1.0  # seconds: what a kill may cost


class Sink:
    """Takes messages from any thread and writes them in their order; flushes about once a second.

    failure: the sentence of the disk's refusal; nothing is written after it, and ``failed`` is called.
    counts: messages written, by topic. written_bytes: of all of them.
    dropped: messages that found no room, as the disk was too slow.
    """

    def __init__(self, make: Callable[[], BagWriter], *, failed: Callable[[], None], room: int = _ROOM) -> None:
        """Begin the bag that ``make`` makes, in the thread that writes (SQLite asks for it); raises what it raises."""
        self._made: Future[BagWriter] = Future()
        self._failed = failed
        self._room = room
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, int, bytes]] = deque()
        self._bytes = 0
        self._stopped = False
        self._topics: dict[str, Topic] = {}
        self.failure: str | None = None
        self.dropped = 0
        self.counts: Counter[str] = Counter()
        self.written_bytes = 0
        self._thread = threading.Thread(target=self._run, args=(make,), name="bag", daemon=True)
        self._thread.start()
        self._bag = self._made.result()

    @property
    def written(self) -> int:
        """How many messages were written; a ring may hold fewer."""
        return self.counts.total()

    @property
    def messages(self) -> int:
        """How many the bag holds."""
        return self._bag.messages

    def announce(self, topic: Topic) -> None:
        """Say what a topic is, before its first message. Raises BagError when its type is not installed."""
        topic.described  # noqa: B018
        with self._changed:
            self._topics[topic.name] = topic

    def put(self, topic: str, stamp: int, data: bytes) -> None:
        """Hand over a serialized message; stamp in nanoseconds."""
        with self._changed:
            if self._stopped or self.failure:
                return
            if self._bytes + len(data) > self._room:
                self.dropped += 1
                return
            self._waiting.append((topic, stamp, data))
            self._bytes += len(data)
            self._changed.notify()

    def close(self) -> None:
        """Write what waits, and close the bag."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def _run(self, make: Callable[[], BagWriter]) -> None:
        try:
            bag = make()
        except Exception as error:
            self._made.set_exception(error)
            return
        self._made.set_result(bag)
        try:
            self._write_all(bag)
        except BagError as error:
            self.failure = str(error)
            self._failed()

    def _write_all(self, bag: BagWriter) -> None:
        flushed = time.monotonic()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopped, _FLUSH)
                items, topics = list(self._waiting), dict(self._topics)
                self._waiting.clear()
                self._bytes = 0
                stopped = self._stopped
            for name, stamp, data in items:
                bag.add(topics[name])
                bag.write(name, stamp, data)
                self.counts[name] += 1
                self.written_bytes += len(data)
            if stopped:
                for topic in topics.values():  # those without a message are part of the recording too
                    bag.add(topic)
                bag.close()
                return
            if time.monotonic() - flushed >= _FLUSH:
                bag.flush()
                flushed = time.monotonic()
