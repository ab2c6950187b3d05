"""Where each row of a dataset came from, in few bytes, so that a message can name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NO_LINE = -1


@dataclass(frozen=True, eq=False)
class Sources:
    """The place of every row: a file, and the line or row in it where one file holds many.

    files: names, as a message shows them. file: (N,) index of files. line: (N,) or -1 where the file is one picture.
    unit: what a line is called: "line" of a csv counts from 1, "row" of an array from 0.
    """

    files: tuple[str, ...]
    file: NDArray[np.int32]
    line: NDArray[np.int64]
    unit: str = "row"

    @classmethod
    def of_files(cls, names: Sequence[str]) -> Sources:
        """Each row is a file of its own."""
        return cls(tuple(names), np.arange(len(names), dtype=np.int32), np.full(len(names), _NO_LINE, np.int64))

    @classmethod
    def of_lines(cls, name: str, lines: NDArray[np.int64], unit: str = "row") -> Sources:
        """All rows are in one file."""
        return cls((name,), np.zeros(len(lines), np.int32), np.asarray(lines, np.int64), unit)

    @classmethod
    def joined(cls, parts: Sequence[Sources]) -> Sources:
        """One after the other."""
        starts = np.cumsum([0, *(len(part.files) for part in parts)])
        units = {part.unit for part in parts if (part.line != _NO_LINE).any()}
        return cls(
            tuple(name for part in parts for name in part.files),
            np.concatenate([part.file + start for part, start in zip(parts, starts, strict=False)]).astype(np.int32),
            np.concatenate([part.line for part in parts]),
            units.pop() if len(units) == 1 else "row",
        )

    def __len__(self) -> int:
        return len(self.file)

    def __getitem__(self, row: int) -> str:
        name, line = self.files[self.file[row]], self.line[row]
        return name if line == _NO_LINE else f"{name}, {self.unit} {line}"

    def select(self, rows: NDArray[np.intp]) -> Sources:
        """Take rows; the names of files are shared."""
        return Sources(self.files, self.file[rows], self.line[rows], self.unit)
