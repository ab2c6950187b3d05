"""The table of expressions: one row per face and frame."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from emotion_perception.core.errors import PerceptionError

_FIXED_COLUMNS = ("stamp", "face_id", "label", "confidence")


@dataclass(frozen=True)
class EmotionRow:
    """One face in one frame.

    stamp: of the frame, nanoseconds.
    confidence, probabilities: 0..1; probabilities in the order of the table's labels.
    """

    stamp: int
    face_id: str
    label: str
    confidence: float
    probabilities: tuple[float, ...]


class EmotionCsv:
    """Writes the table. Every row is in the file when `write` returns, so that nothing is lost however the run ends.

    Stamps are written as seconds with nine decimals, exactly; probabilities with six.
    """

    def __init__(self, path: Path, labels: Sequence[str]) -> None:
        """Start a new file, in a new folder if need be. Raises PerceptionError when it cannot be written."""
        self._path = path
        self._labels = tuple(labels)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise self._failure(error) from error
        self._write([*_FIXED_COLUMNS, *self._labels])

    def write(self, row: EmotionRow) -> None:
        """Append a row. Raises PerceptionError when it cannot be written (disk full)."""
        if len(row.probabilities) != len(self._labels):
            raise ValueError(f"{len(row.probabilities)} probabilities for the labels {', '.join(self._labels)}")
        stamp = f"{row.stamp // 1_000_000_000}.{row.stamp % 1_000_000_000:09d}"
        numbers = [f"{value:.6f}" for value in (row.confidence, *row.probabilities)]
        self._write([stamp, row.face_id, row.label, *numbers])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> EmotionCsv:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _write(self, cells: Sequence[str]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        try:
            self._file.write(line.getvalue().encode())  # unbuffered, and whole lines only
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> PerceptionError:
        return PerceptionError(
            f"cannot write {self._path} ({error.strerror}): free some space there, or choose another folder"
        )


def read_emotions(path: Path) -> tuple[tuple[str, ...], list[EmotionRow]]:
    """Return the labels and rows of a table. A last row that was cut off in the middle is left out.

    Raises PerceptionError when the file cannot be read or is not such a table.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PerceptionError(f"cannot read {path} ({error}): give the emotion.csv of a run") from error
    lines = list(csv.reader(io.StringIO(text[: text.rfind("\n") + 1])))
    if not lines or tuple(lines[0][:4]) != _FIXED_COLUMNS:
        raise PerceptionError(
            f"{path} is no table of expressions: its first line is not {', '.join(_FIXED_COLUMNS)}, …"
        )
    labels = tuple(lines[0][4:])
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        try:
            seconds, nanoseconds = cells[0].split(".")
            confidence, *probabilities = map(float, cells[3:])
            if len(probabilities) != len(labels) or len(nanoseconds) != 9:
                raise ValueError("wrong number of columns or digits")
            stamp = int(seconds) * 1_000_000_000 + int(nanoseconds)
            rows.append(EmotionRow(stamp, cells[1], cells[2], confidence, tuple(probabilities)))
        except (ValueError, IndexError) as error:
            raise PerceptionError(f"{path} has a damaged line {number}: delete that line") from error
    return labels, rows
