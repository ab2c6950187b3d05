"""Takes messages out of one file of a bag that is cut short or damaged, up to where it is."""

from __future__ import annotations

import io
import shutil
import sqlite3
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from backports import zstd
from rosbags.interfaces import Qos
from rosbags.rosbag2 import ReaderError
from rosbags.rosbag2.metadata import parse_qos
from rosbags.rosbag2.storage_mcap import decompress

from emotion_perception.bags.definitions import Definition
from emotion_perception.bags.reading import MAGIC, Message, check_magic
from emotion_perception.bags.topic import Topic

_HEADER, _FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _DATA_END = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0F
_ZSTD = b"\x28\xb5\x2f\xfd"  # begins a message that rosbag2 compressed; CDR begins with 0, 0 or 1


class Salvage(Protocol):
    """What is left of a file. fault: once `messages` is exhausted, why it ended early; None if it did not."""

    fault: str | None

    def messages(self) -> Iterator[Message]:
        """Yield what is whole, in the order of the file."""


def open_salvage(path: Path) -> Salvage:
    """Raises BagError when the file is none at all."""
    check_magic(path)
    return McapSalvage(path) if path.suffix == ".mcap" else SqliteSalvage(path)


class McapSalvage:
    """Reads the records of an mcap file one after the other, without its index (which comes last in the file).

    Source of the format: the MCAP specification (mcap.dev/spec). Of a chunk that is cut, what is whole is taken if it
    is not compressed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._schemas: dict[int, tuple[str, Definition]] = {}
        self._topics: dict[int, Topic] = {}
        self.fault: str | None = None

    def messages(self) -> Iterator[Message]:
        """Yield what is whole, in the order of the file."""
        with self._path.open("rb") as file:
            file.seek(len(MAGIC[".mcap"]))
            try:
                yield from self._records(file)
            except (ReaderError, EOFError, struct.error, ValueError, KeyError, zstd.ZstdError, RuntimeError) as error:
                self.fault = f"cut or damaged before byte {file.tell()} ({error})"

    def _records(self, file: io.BufferedIOBase) -> Iterator[Message]:
        while True:
            begin = file.read(9)
            if not begin:
                raise EOFError("the end of the file is missing")
            code, size = struct.unpack("<BQ", begin)
            if code in (_DATA_END, _FOOTER):
                return
            if code == _CHUNK:
                yield from self._chunk(file, size)
                continue
            yield from self._record(code, _exactly(file, size))

    def _chunk(self, file: io.BufferedIOBase, size: int) -> Iterator[Message]:
        _, _, unpacked, crc, length = struct.unpack("<QQQII", _exactly(file, 32))
        compression = _exactly(file, length).decode()
        (packed,) = struct.unpack("<Q", _exactly(file, 8))
        if 40 + length + packed != size:
            raise EOFError("a chunk's length is wrong")
        data = file.read(packed)
        whole = len(data) == packed
        if not whole and compression:
            raise EOFError("a compressed chunk is cut")
        inner = io.BytesIO(decompress(data, compression, unpacked, crc) if whole else data)
        while begin := inner.read(9):
            code, size = struct.unpack("<BQ", begin)
            yield from self._record(code, _exactly(inner, size))
        if not whole:
            raise EOFError("a chunk is cut")

    def _record(self, code: int, data: bytes) -> Iterator[Message]:
        if code == _SCHEMA:
            (number,) = struct.unpack_from("<H", data)
            (kind, _, text), _ = _texts(data, 2, 3)
            self._schemas[number] = (kind, Definition(text, ""))
        elif code == _CHANNEL:
            self._channel(data)
        elif code == _MESSAGE:
            number, _, stamp, _ = struct.unpack_from("<HIQQ", data)
            yield Message(self._topics[number], stamp, _unpacked(data[22:]))

    def _channel(self, data: bytes) -> None:
        number, schema = struct.unpack_from("<HH", data)
        kind, definition = self._schemas[schema]
        (name, _), at = _texts(data, 4, 2)
        (length,) = struct.unpack_from("<I", data, at)
        at, end = at + 4, at + 4 + length
        qos: list[Qos] = []
        while at < end:
            (key, value), at = _texts(data, at, 2)
            if key == "offered_qos_profiles":
                qos = parse_qos(value)
        self._topics[number] = Topic(name, kind, tuple(qos), definition)


class SqliteSalvage:
    """Reads the messages of a database. It works on a copy: a transaction that was cut has to be rolled back first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.fault: str | None = None

    def messages(self) -> Iterator[Message]:
        """Yield what is whole, in the order of the file."""
        with tempfile.TemporaryDirectory(prefix=".salvage_", dir=self._path.parent) as scratch:
            for suffix in ("", "-journal", "-wal"):
                side = self._path.with_name(self._path.name + suffix)
                if side.is_file():
                    shutil.copy(side, scratch)
            database = sqlite3.connect(Path(scratch, self._path.name))
            try:
                yield from self._rows(database)
            except (sqlite3.Error, ReaderError, ValueError, KeyError, zstd.ZstdError) as error:
                self.fault = f"cut or damaged ({error})"
            finally:
                database.close()

    def _rows(self, database: sqlite3.Connection) -> Iterator[Message]:
        columns = {row[1] for row in database.execute("PRAGMA table_info(topics)")}
        qos = "offered_qos_profiles" if "offered_qos_profiles" in columns else "''"
        texts = _definitions(database)
        topics = {
            number: Topic(name, kind, tuple(parse_qos(profiles)), texts.get(kind))
            for number, name, kind, profiles in database.execute(f"SELECT id, name, type, {qos} FROM topics")
        }
        for number, stamp, data in database.execute("SELECT topic_id, timestamp, data FROM messages ORDER BY id"):
            yield Message(topics[number], stamp, _unpacked(data))


def _definitions(database: sqlite3.Connection) -> dict[str, Definition]:
    """Return those that the database holds; before rosbag2 of Iron it held none."""
    try:
        rows = database.execute("SELECT topic_type, encoded_message_definition FROM message_definitions").fetchall()
    except sqlite3.OperationalError:
        return {}
    return {kind: Definition(text, "") for kind, text in rows if text}


def _exactly(file: io.BufferedIOBase, size: int) -> bytes:
    if size > 1 << 32:
        raise EOFError(f"a record claims {size} bytes")
    data = file.read(size)
    if len(data) < size:
        raise EOFError("a record is cut")
    return data


def _texts(data: bytes, at: int, count: int) -> tuple[list[str], int]:
    """Return so many length-prefixed texts, and where they end."""
    texts = []
    for _ in range(count):
        (length,) = struct.unpack_from("<I", data, at)
        if at + 4 + length > len(data):
            raise EOFError("a text is cut")
        texts.append(data[at + 4 : at + 4 + length].decode())
        at += 4 + length
    return texts, at


def _unpacked(data: bytes) -> bytes:
    return zstd.decompress(data) if data.startswith(_ZSTD) else data
