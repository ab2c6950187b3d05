"""Writes a bag: a folder of files that is readable however the recording ends."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from emotion_perception.bags.metadata import PartInfo, bag_information, dumped, write_metadata
from emotion_perception.bags.part import SUFFIXES, Part, open_part
from emotion_perception.bags.topic import Topic
from emotion_perception.core.errors import BagError

_RESERVE = 1 << 20  # bytes kept on the disk for the index and metadata.yaml of a bag that fills it
_LEAST_FREE = 64 << 20  # bytes that a recording leaves to the rest of the robot
_RING_PARTS = 10  # files that a ring consists of; the oldest goes as a whole


@dataclass(frozen=True)
class Limits:
    """When a new file begins, and what is kept. All may be None: one file that grows.

    split_bytes, split_seconds: of one file, about. keep_seconds: only the newest so many seconds are kept (a ring); a
    tenth more may be there.
    """

    split_bytes: int | None = None
    split_seconds: float | None = None
    keep_seconds: float | None = None

    def full(self, size: int, seconds: float) -> bool:
        """Whether a file of this size and duration is to be followed by another."""
        lengths = [self.split_seconds, self.keep_seconds / _RING_PARTS if self.keep_seconds else None]
        return (self.split_bytes is not None and size >= self.split_bytes) or any(
            length is not None and seconds >= length for length in lengths
        )


class BagWriter:
    """A bag that is being written; use it as a context, or call `close`.

    A message is safe from a kill of the process, and from a power cut, once `flush` has returned: call it about once a
    second. When the disk refuses or runs full, the bag is closed with what was safe, and BagError says so.
    """

    def __init__(
        self, folder: Path, *, storage: str = "mcap", compress: bool = False, limits: Limits | None = None
    ) -> None:
        """Begin a new bag. Raises BagError when the folder exists or cannot be made."""
        self._folder = folder
        self._storage = storage
        self._compress = compress
        self._limits = limits or Limits()
        self._topics: dict[str, Topic] = {}
        self._parts: list[PartInfo] = []
        self._number = 0
        self._open = True
        self._reserve = folder / ".reserve"
        if compress and storage != "mcap":
            raise BagError(f"{storage} files are not compressed: record mcap, or without compression")
        try:
            folder.mkdir(mode=0o700, parents=True)  # pictures of people are nobody else's business
            self._reserve.write_bytes(bytes(_RESERVE))
            self._begin_part()
        except FileExistsError as error:
            raise BagError(f"{folder} exists already: give a new folder; a bag is never overwritten") from error
        except (OSError, sqlite3.Error) as error:
            raise self._failure(error) from error

    @property
    def folder(self) -> Path:
        """The bag."""
        return self._folder

    @property
    def messages(self) -> int:
        """How many messages the bag holds."""
        return sum(part.messages for part in self._parts)

    def add(self, topic: Topic) -> None:
        """Announce a topic before its first message; again, when more is known of it, does nothing.

        Raises BagError when its type is not installed.
        """
        if topic.name in self._topics:
            return
        with self._guarded():
            self._part.add(topic)
        self._topics[topic.name] = topic

    def write(self, topic: str, stamp: int, data: bytes) -> None:
        """Append a serialized (CDR) message of an announced topic. stamp: when it was received, nanoseconds."""
        with self._guarded():
            info = self._parts[-1]
            if info.messages and self._limits.full(self._part.size, 1e-9 * (stamp - info.begin)):
                self._end_part()
                self._begin_part()
                self._forget_before(stamp)
            self._part.write(topic, stamp, data)
        self._parts[-1].note(topic, stamp)

    def flush(self) -> None:
        """Make safe what was written, and see that the disk has room for more."""
        with self._guarded():
            self._part.flush()
            self._note_safe()
        free = shutil.disk_usage(self._folder).free
        if free < _LEAST_FREE:
            self.close()
            raise BagError(
                f"the disk of {self._folder} is full ({free >> 20} MiB free): the bag was closed and is whole; free "
                "some space, or record fewer topics, or a ring (--keep)"
            )

    def close(self) -> None:
        """End the bag; does nothing the second time."""
        if not self._open:
            return
        self._open = False
        with self._guarded():
            self._finish()

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _begin_part(self) -> None:
        path = self._folder / f"{self._folder.name}_{self._number}{SUFFIXES[self._storage]}"
        self._number += 1
        self._part: Part = open_part(path, compress=self._compress)
        self._parts.append(PartInfo(path))
        for topic in self._topics.values():
            self._part.add(topic)
        self._note_safe()

    def _end_part(self) -> None:
        self._part.close(dumped(bag_information(self._storage, self._parts[-1:], self._topics)).strip())

    def _note_safe(self) -> None:
        now = self._parts[-1]
        self._safe = PartInfo(now.path, now.begin, now.end, dict(now.counts))

    def _forget_before(self, stamp: int) -> None:
        """Delete the files of a ring that ended too long ago."""
        keep = self._limits.keep_seconds
        while keep is not None and self._parts[0].messages and stamp - self._parts[0].end > 1e9 * keep:
            self._parts.pop(0).path.unlink()

    def _finish(self) -> None:
        self._reserve.unlink(missing_ok=True)
        self._end_part()
        write_metadata(self._folder, bag_information(self._storage, self._parts, self._topics))

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Close the bag with what is safe when the disk refuses what is done inside."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            self._open = False
            try:
                self._rescue()
                outcome = f"the bag was closed with the {self.messages} messages before that"
            except (OSError, sqlite3.Error):
                outcome = "the bag could not be closed: `emotion-perception replay --recover` reads what is there"
            raise BagError(f"{self._failure(error)}; {outcome}") from error

    def _rescue(self) -> None:
        """Close the bag with what was safe; the reserve makes room for the rest."""
        self._reserve.unlink(missing_ok=True)
        self._part.rescue()
        self._parts[-1] = self._safe
        self._finish()

    def _failure(self, error: Exception) -> BagError:
        reason = getattr(error, "strerror", None) or str(error)
        return BagError(f"cannot write {self._folder} ({reason}): free some space there, or choose another folder")
