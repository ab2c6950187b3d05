"""Messages from node to node of one process, by hand and past DDS.

Through DDS a picture is copied six times and waits for a thread. Where all who subscribe to a topic are nodes of the
publisher's process, they are given the message itself; as soon as anybody else subscribes, all of them get it through
DDS. Nobody gets a message twice.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from rclpy.context import Context

#: Called in the publisher's thread with a message that others are given too: it neither waits nor writes into it.
Take = Callable[[Any], None]

_lock = threading.Lock()
_takers: WeakKeyDictionary[Context, defaultdict[tuple[type, str], tuple[Take, ...]]] = WeakKeyDictionary()


def join(context: Context, kind: type, topic: str, take: Take) -> None:
    """Let ``take`` be given the messages of a topic, by its full name; once its subscription is matched."""
    with _lock:
        topics = _takers.setdefault(context, defaultdict(tuple))
        topics[kind, topic] = (*topics[kind, topic], take)


def leave(context: Context, kind: type, topic: str, take: Take) -> None:
    """Give ``take`` no more messages; does nothing if it had not joined."""
    with _lock:
        topics = _takers.setdefault(context, defaultdict(tuple))
        topics[kind, topic] = tuple(each for each in topics[kind, topic] if each != take)


def takers(context: Context, kind: type, topic: str) -> tuple[Take, ...]:
    """Those who would be given a message of the topic now."""
    with _lock:
        topics = _takers.get(context)
        return topics.get((kind, topic), ()) if topics else ()
