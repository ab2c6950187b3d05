"""Serialized messages in one form: the bytes between fields, which middleware leaves as they were in memory, are 0."""

from __future__ import annotations

from functools import cache

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from emotion_perception.bags.definitions import definition


def canonical(data: bytes, kind: str) -> bytes:
    """Return the message serialized anew, with all padding 0; two messages are equal just if these bytes are.

    kind: e.g. "emotion_perception/msg/EmotionArray". Raises BagError when its definition is not installed.
    """
    store = _store(kind)
    return bytes(store.serialize_cdr(store.deserialize_cdr(data, kind), kind, little_endian=True))


@cache
def _store(kind: str) -> Typestore:
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(definition(kind).text, kind))
    return store
