"""Reads a bag: rosbag2 of any distribution, mcap or sqlite3, compressed or not."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import apsw
from backports import zstd
from rosbags.interfaces import Connection, ConnectionExtRosbag2
from rosbags.rosbag2 import Reader, ReaderError
from rosbags.rosbag2.reader import DirectoryReader

from emotion_perception.bags.definitions import Definition
from emotion_perception.bags.metadata import METADATA
from emotion_perception.bags.part import SUFFIXES
from emotion_perception.bags.topic import Topic
from emotion_perception.bags.unpacking import unpacked
from emotion_perception.core.errors import BagError

#: Suffix -> how such a file begins.
MAGIC = {".mcap": b"\x89MCAP0\r\n", ".db3": b"SQLite format 3\0"}


@dataclass(frozen=True, eq=False)
class Message:
    """One message. stamp: when it was received, nanoseconds; data: serialized (CDR)."""

    topic: Topic
    stamp: int
    data: bytes


class BagReader:
    """An open bag; use it as a context.

    begin, end: receive times of its first and last message, nanoseconds; 0 and 0 of an empty bag.
    counts: messages by topic name.
    """

    def __init__(self, path: Path) -> None:
        """Open a folder with metadata.yaml, or one .mcap or .db3 file. Raises BagError, which names the remedy."""
        self._path = path
        _check_kind(path)
        with ExitStack() as stack, _refusals(path):
            self._reader = Reader(stack.enter_context(unpacked(path)))
            self._reader.open()
            stack.callback(self._close_reader)
            self.begin = self._reader.start_time if self._reader.message_count else 0
            self.end = max(self.begin, self._reader.end_time - 1) if self._reader.message_count else 0
            self._topics = {each.id: _topic(each) for each in self._reader.connections}
            self.counts: dict[str, int] = {}
            for each in self._reader.connections:
                self.counts[each.topic] = self.counts.get(each.topic, 0) + each.msgcount
            self._opened = stack.pop_all()

    @property
    def path(self) -> Path:
        """The folder or file."""
        return self._path

    @property
    def topics(self) -> list[Topic]:
        """All topics, also those without a message; one with several publishers' types is there several times."""
        return list(self._topics.values())

    @property
    def seconds(self) -> float:
        """From the first message to the last."""
        return 1e-9 * (self.end - self.begin)

    def messages(self, names: Collection[str] | None = None, *, begin: int | None = None) -> Iterator[Message]:
        """Yield messages in the order they were received; only of the named topics, only from ``begin`` on.

        Raises BagError where the bag is damaged.
        """
        topics = {(each.name, each.kind): each for each in self.topics if names is None or each.name in names}
        packed = self._reader.compression_mode == "message"
        with _refusals(self._path):
            # Not by Reader.messages: it passes over topics whose QoS in metadata.yaml and in the file differ, which
            # rosbag2 writes when a second publisher appears.
            for file in self._files():
                wanted = [each for each in file.connections if (each.topic, each.msgtype) in topics]
                for connection, stamp, data in file.messages(wanted, begin) if wanted else ():
                    topic = topics[connection.topic, connection.msgtype]
                    yield Message(topic, stamp, zstd.decompress(data) if packed else bytes(data))

    def _files(self) -> list[Any]:
        storage = self._reader.storage
        return storage.storages if isinstance(storage, DirectoryReader) else [storage]

    def _close_reader(self) -> None:
        with suppress(ReaderError):
            self._reader.close()

    def close(self) -> None:
        """Close the files, and remove what was unpacked."""
        self._opened.close()

    def __enter__(self) -> BagReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def storage_files(folder: Path) -> list[Path]:
    """Return the files of a folder that may hold messages, in the order they were written."""

    def number(path: Path) -> tuple[int, str]:
        last = path.stem.rpartition("_")[2]
        return (int(last) if last.isdigit() else -1, path.name)

    return sorted((path for path in folder.iterdir() if path.suffix in SUFFIXES.values()), key=number)


def check_magic(path: Path) -> None:
    """Raise BagError unless the file begins as its suffix says."""
    try:
        with path.open("rb") as file:
            begin = file.read(16)
    except OSError as error:
        raise BagError(f"cannot read {path} ({error.strerror}): give a bag that you may read") from error
    if not begin.startswith(MAGIC[path.suffix]):
        what = "is empty" if not begin else f"begins with {begin[:8]!r}"
        raise BagError(f"{path} is no {path.suffix} file, whatever its name says: it {what}; give a bag of rosbag2")


def _check_kind(path: Path) -> None:
    if not path.exists():
        raise BagError(f"there is no bag {path}: give the folder that was recorded, or a .mcap or .db3 file")
    if path.is_dir():
        if (path / METADATA).is_file():
            return
        if storage_files(path):
            raise BagError(
                f"{path} has no {METADATA}, so its recording was killed, or runs still: once it has ended, "
                f"`emotion-perception replay --recover {path}` saves what is there"
            )
        raise BagError(f"{path} is no bag: it holds neither {METADATA} nor .mcap or .db3 files")
    if path.suffix == ".bag":
        raise BagError(f"{path} is a bag of ROS 1: convert it with `rosbags-convert --src {path} --dst {path.stem}`")
    if path.suffix not in MAGIC:
        raise BagError(f"{path} is no bag: give a folder with {METADATA}, or a .mcap or .db3 file")
    check_magic(path)


def _topic(connection: Connection) -> Topic:
    extension = connection.ext
    qos = extension.offered_qos_profiles if isinstance(extension, ConnectionExtRosbag2) else []
    text = connection.msgdef.data
    definition = Definition(text, connection.digest) if text or connection.digest else None
    return Topic(connection.topic, connection.msgtype, tuple(qos), definition)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn what the readers raise into a sentence; they raise more than ReaderError of damaged bytes."""
    try:
        yield
    except BagError:
        raise
    except (ReaderError, apsw.Error, sqlite3.Error, zstd.ZstdError, OSError, EOFError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
    except (ValueError, KeyError, TypeError, IndexError, AssertionError, AttributeError, struct.error) as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        return
    if "not supported" in reason:
        raise BagError(f"{path} cannot be read ({reason}): convert it with `ros2 bag convert`, or record it again")
    raise BagError(
        f"{path} cannot be read ({reason}): if it was cut short or damaged, `emotion-perception replay --recover "
        f"{path}` saves what is whole"
    )
