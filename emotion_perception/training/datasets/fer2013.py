"""FER2013 as one csv file: `fer2013.csv` (emotion, pixels, Usage) or `icml_face_data.csv` (emotion, Usage, pixels)."""

from __future__ import annotations

import os
from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError
from emotion_perception.core.labels import LABELS
from emotion_perception.training.collecting import Reading, Table, collect
from emotion_perception.training.dataset import SPLITS, Dataset
from emotion_perception.training.datasets.ferplus import read_votes
from emotion_perception.training.datasets.lines import Line, read_lines
from emotion_perception.training.pictures import RowError
from emotion_perception.training.skipping import Skipped
from emotion_perception.training.sources import Sources

_SIDE = 48
_COLUMNS = ("emotion", "pixels", "usage")
_LONGEST_ROW = 1 << 16


def read_fer2013(path: Path, *, votes: Path | None, reading: Reading, skipped: Skipped) -> Dataset:
    """Read the csv line by line, so that it may be of any size.

    votes: FER+'s csv, which has a line for each line of this one. Rows without 48 x 48 whole numbers 0..255, with a
    label that is not 0..6 or a usage that FER2013 has not, are skipped. DatasetError if the header is another's.
    """
    lines = read_lines(path)
    columns = _columns(next(lines, None), path)
    ballots = None if votes is None else read_votes(votes, skipped=skipped)
    place = Path(path)
    offsets, numbers, ordinals = array("q"), array("q"), array("q")
    labels, splits = bytearray(), bytearray()
    written = 0  # lines, without blank ones at the end
    for ordinal, line in enumerate(lines):
        if line.content is not None and not line.content.strip():
            continue
        written = ordinal + 1
        try:
            label, split = _label_and_split(line, columns)
        except RowError as fault:
            skipped.add(f"{path.name}, line {line.number}", str(fault))
            continue
        offsets.append(line.offset)
        numbers.append(line.number)
        ordinals.append(ordinal)
        labels.append(label)
        splits.append(split)
    skipped.must_leave(len(labels), str(path))
    descriptor = _Descriptor(place)
    named = np.array(SPLITS)[np.frombuffer(splits, np.uint8)]

    def load(row: int) -> NDArray[np.uint8]:
        return _pixels(descriptor.line_at(offsets[row]), columns)

    table = Table(
        labels=np.frombuffer(labels, np.uint8),
        splits=named,
        sources=Sources.of_lines(path.name, np.array(numbers, np.int64), unit="line"),
        name=path.stem,
        votes=None if ballots is None else ballots.rows(np.array(ordinals, np.int64), named, path, written),
    )
    return collect(table, load, (_SIDE, _SIDE), reading=reading, skipped=skipped)


def is_fer2013(path: Path) -> bool:
    """Whether the first line names FER2013's columns."""
    first = next(read_lines(path), None)
    return first is not None and set(_names(first)) >= set(_COLUMNS)


class _Descriptor:
    """An open file that any thread may read at any place."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def line_at(self, offset: int) -> bytes:
        try:
            return os.pread(self._descriptor, _LONGEST_ROW, offset).partition(b"\n")[0]
        except OSError as error:
            raise RowError("the file cannot be read") from error

    def __del__(self) -> None:
        os.close(self._descriptor)


def _names(line: Line) -> list[str]:
    return [name.strip(' "').lower() for name in (line.content or b"").decode("utf-8", "replace").split(",")]


def _columns(header: Line | None, path: Path) -> tuple[int, int, int]:
    """The positions of _COLUMNS."""
    names = _names(header) if header else []
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise DatasetError(
            f'{path}: its first line has no column "{missing[0]}": FER2013 begins with emotion, pixels and Usage.'
        )
    emotion, pixels, usage = (names.index(name) for name in _COLUMNS)
    return emotion, pixels, usage


def _fields(content: bytes) -> list[bytes]:
    return [field.strip(b' \r"') for field in content.split(b",")]


def _label_and_split(line: Line, columns: tuple[int, int, int]) -> tuple[int, int]:
    """The label, and the number of the split in SPLITS; RowError if the row has none."""
    if line.content is None or len(line.content) >= _LONGEST_ROW:
        raise RowError(f"it has more than {_LONGEST_ROW} characters")
    fields = _fields(line.content)
    if len(fields) <= max(columns):
        raise RowError("it has too few columns")
    label = fields[columns[0]]
    if label not in _LABELS:
        raise RowError(f"its emotion is not 0 to {len(LABELS) - 1}")
    split = _SPLITS.get(fields[columns[2]])
    if split is None:
        raise RowError("its usage is not Training, PublicTest or PrivateTest")
    return _LABELS[label], split


def _pixels(content: bytes, columns: tuple[int, int, int]) -> NDArray[np.uint8]:
    fields = _fields(content)
    words = fields[columns[1]].split() if len(fields) > columns[1] else []
    if len(words) != _SIDE * _SIDE:
        raise RowError(f"it has not {_SIDE * _SIDE} pixels")
    try:
        values = bytes(map(int, words))
    except ValueError as error:
        raise RowError("a pixel is not a whole number from 0 to 255") from error
    return np.frombuffer(values, np.uint8).reshape(_SIDE, _SIDE)


_LABELS = {str(number).encode(): number for number in range(len(LABELS))}
_SPLITS = {name.encode(): number for number, name in enumerate(SPLITS) if name}
