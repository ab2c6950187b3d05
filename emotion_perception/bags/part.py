"""One file of a bag, over the storage writers of `rosbags`: what was flushed is safe from kill -9 and a full disk."""

from __future__ import annotations

import io
import os
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Protocol, cast

from rosbags.interfaces import Connection, ConnectionExtRosbag2, MessageDefinition, MessageDefinitionFormat
from rosbags.rosbag2.enums import CompressionMode
from rosbags.rosbag2.metadata import dump_qos_v9
from rosbags.rosbag2.storage_mcap import McapWriter, PendingChunk
from rosbags.rosbag2.storage_sqlite3 import Sqlite3Writer

from emotion_perception.bags.metadata import VERSION, dumped
from emotion_perception.bags.topic import Topic

#: Storage -> how its files end.
SUFFIXES = {"mcap": ".mcap", "sqlite3": ".db3"}


class Part(Protocol):
    """A file that is being written. Every method raises OSError or sqlite3.Error when the disk refuses.

    add: announce a topic before its first message. write: append a message; it may wait in memory until `flush`.
    size: bytes so far. close: end the file so that any reader takes it; metadata: yaml that goes into it.
    rescue: after a failure, go back to what the last flush made safe; `close` then ends that.
    """

    def add(self, topic: Topic) -> None: ...  # noqa: D102
    def write(self, topic: str, stamp: int, data: bytes) -> None: ...  # noqa: D102
    def flush(self) -> None: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    def rescue(self) -> None: ...  # noqa: D102
    def close(self, metadata: str) -> None: ...  # noqa: D102


def open_part(path: Path, *, compress: bool) -> Part:
    """Start a new file; its suffix says which storage. compress: zstd, for mcap only."""
    return McapPart(path, compress=compress) if path.suffix == SUFFIXES["mcap"] else SqlitePart(path)


class McapPart:
    """An mcap file. `flush` ends a chunk, so that a reader finds all messages before it even if nothing follows."""

    def __init__(self, path: Path, *, compress: bool) -> None:
        self._path = path
        mode = CompressionMode.STORAGE if compress else CompressionMode.NONE
        self._storage = McapWriter(cast(Path, _Place(path)), mode)
        self._connections: dict[str, Connection] = {}
        self._storage.bio.flush()
        self._remember()

    def add(self, topic: Topic) -> None:
        """Announce a topic."""
        _announce(self._storage, self._connections, topic)

    def write(self, topic: str, stamp: int, data: bytes) -> None:
        """Append a message."""
        self._storage.write(self._connections[topic], stamp, data)

    def flush(self) -> None:
        """Make safe what was written."""
        if self._storage.chunk.msgs:
            self._storage.close_chunk()
            self._storage.bio.flush()
            os.fsync(self._storage.bio.fileno())
            self._remember()

    @property
    def size(self) -> int:
        """Bytes so far, before compression of the last chunk."""
        return int(self._storage.bio.tell() + self._storage.chunk.bio.tell())

    def rescue(self) -> None:
        """Go back to the last flush."""
        storage = self._storage
        with suppress(OSError):  # closing tries once more to write what could not be written
            storage.bio.close()
        size, chunks, counts, begin, end = self._safe
        os.truncate(self._path, size)
        storage.bio = self._path.open("ab")
        del storage.chunks[chunks:]
        storage.chunk = PendingChunk(2**63 - 1, 0, io.BytesIO(), defaultdict(list))
        storage.channel_stats = dict(counts)
        storage.message_start_time, storage.message_end_time = begin, end

    def close(self, metadata: str) -> None:
        """Write the index and end the file."""
        self._storage.close(VERSION, metadata)

    def _remember(self) -> None:
        storage = self._storage
        times = storage.message_start_time, storage.message_end_time
        self._safe = (storage.bio.tell(), len(storage.chunks), dict(storage.channel_stats), *times)


class SqlitePart:
    """A SQLite database. `flush` commits."""

    def __init__(self, path: Path) -> None:
        self._storage = Sqlite3Writer(cast(Path, _Place(path)), CompressionMode.NONE)
        self._connections: dict[str, Connection] = {}
        self._size = 0

    def add(self, topic: Topic) -> None:
        """Announce a topic."""
        _announce(self._storage, self._connections, topic)
        self.flush()

    def write(self, topic: str, stamp: int, data: bytes) -> None:
        """Append a message."""
        self._storage.write(self._connections[topic], stamp, data)
        self._size += len(data)

    def flush(self) -> None:
        """Make safe what was written."""
        self._storage.conn.commit()

    @property
    def size(self) -> int:
        """Bytes of messages so far."""
        return self._size

    def rescue(self) -> None:
        """Go back to the last commit."""
        self._storage.conn.rollback()

    def close(self, metadata: str) -> None:
        """Write the metadata and close the database."""
        self._storage.close(VERSION, metadata)


class _Place:
    """A file's path in the shape in which the storage writers ask for it: a folder that the file is named after."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self._path = path

    def __truediv__(self, name: str) -> Path:
        return self._path


def _announce(storage: McapWriter | Sqlite3Writer, connections: dict[str, Connection], topic: Topic) -> None:
    known = topic.described
    connection = Connection(
        id=len(connections) + 1,
        topic=topic.name,
        msgtype=topic.kind,
        msgdef=MessageDefinition(MessageDefinitionFormat.MSG, known.text),
        digest=known.hash,
        msgcount=0,
        ext=ConnectionExtRosbag2("cdr", list(topic.qos)),
        owner=None,
    )
    if topic.kind not in {each.msgtype for each in connections.values()}:
        storage.add_msgtype(connection)
    storage.add_connection(connection, dumped(dump_qos_v9(list(topic.qos))).strip())
    connections[topic.name] = connection
