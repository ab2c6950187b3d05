"""Messages as objects, by the definitions that the bag itself holds: also of versions that are not installed here."""

from __future__ import annotations

from typing import Any

from rosbags.serde import SerdeError
from rosbags.typesys import Stores, TypesysError, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from emotion_perception.bags.reading import Message
from emotion_perception.bags.topic import Topic
from emotion_perception.core.errors import BagError


class Decoder:
    """Decodes the messages of one bag."""

    def __init__(self) -> None:
        self._stores: dict[Topic, Typestore] = {}

    def __call__(self, message: Message) -> Any:
        """Return an object with the fields of the message; arrays of numbers are NumPy's.

        Raises BagError when its bytes are damaged, or its type is neither in the bag nor installed.
        """
        topic = message.topic
        try:
            if topic not in self._stores:
                self._stores[topic] = get_typestore(Stores.EMPTY)
                self._stores[topic].register(get_types_from_msg(_text(topic), topic.kind))
            return self._stores[topic].deserialize_cdr(message.data, topic.kind)
        except (SerdeError, TypesysError, KeyError) as error:
            raise BagError(f"a message of {topic.name} cannot be read ({error}): the bag is damaged") from error


def _text(topic: Topic) -> str:
    known = topic.definition
    return known.text if known and known.text else Topic(topic.name, topic.kind).described.text
