"""Makes a whole bag of one whose recording was killed, or that was cut or damaged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from emotion_perception.bags.definitions import Definition, definition
from emotion_perception.bags.metadata import METADATA
from emotion_perception.bags.reading import storage_files
from emotion_perception.bags.salvage import open_salvage
from emotion_perception.bags.topic import Topic
from emotion_perception.bags.writing import BagWriter
from emotion_perception.core.errors import BagError

_FLUSH = 1000  # messages


@dataclass(frozen=True)
class Recovery:
    """What was saved.

    folder: the new bag. messages: how many it holds. seconds: from the first to the last.
    end: receive time of the last, nanoseconds; None without a message.
    faults: for each file that ended early, its name and why.
    """

    folder: Path
    messages: int
    seconds: float
    end: int | None
    faults: tuple[str, ...]

    @property
    def last_time(self) -> str:
        """When the last message was received, in local time, to the millisecond; empty without a message."""
        if self.end is None:
            return ""
        return datetime.fromtimestamp(1e-9 * self.end).isoformat(" ", "milliseconds")


def recovered_folder(path: Path) -> Path:
    """Return where `recover` writes: beside the bag, which stays as it is."""
    path = path.resolve()
    return path.with_name(f"{path.stem if path.is_file() else path.name}_recovered")


def recover(path: Path) -> Recovery:
    """Copy what is whole into a new bag, up to the cut of each file.

    path: a folder with or without metadata.yaml, or one .mcap or .db3 file. Raises BagError when there is nothing to
    save, or when the new folder exists.
    """
    files = storage_files(path) if path.is_dir() else [path] if path.suffix in (".mcap", ".db3") else []
    if not files:
        raise BagError(f"there is nothing to recover in {path}: give a folder with .mcap or .db3 files, or one of them")
    folder = recovered_folder(path)
    if (folder / METADATA).is_file():
        raise BagError(f"{path} was recovered before: replay {folder}, or delete it")
    salvages = [(file, open_salvage(file)) for file in files]
    begin = end = None
    with BagWriter(folder, storage="mcap" if files[0].suffix == ".mcap" else "sqlite3") as bag:
        for _, salvage in salvages:
            for message in salvage.messages():
                bag.add(_installed(message.topic))
                bag.write(message.topic.name, message.stamp, message.data)
                begin = message.stamp if begin is None else min(begin, message.stamp)
                end = message.stamp if end is None else max(end, message.stamp)
                if bag.messages % _FLUSH == 0:
                    bag.flush()
        messages = bag.messages
    seconds = 1e-9 * (end - begin) if begin is not None and end is not None else 0.0
    faults = tuple(f"{file.name}: {salvage.fault}" for file, salvage in salvages if salvage.fault)
    return Recovery(folder, messages, seconds, end, faults)


def _installed(topic: Topic) -> Topic:
    """Return the topic with the definition installed here where the bag has the same or none: it knows the hash."""
    try:
        here = definition(topic.kind)
    except BagError:
        return topic if topic.definition else replace(topic, definition=Definition("", ""))
    return replace(topic, definition=here) if topic.definition in (None, Definition(here.text, "")) else topic
