"""FER+: the votes of ten annotators for every picture of FER2013 (Barsoum et al. 2016, `fer2013new.csv`)."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError
from emotion_perception.core.labels import FER_PLUS
from emotion_perception.training.datasets.lines import Line, read_lines
from emotion_perception.training.skipping import Skipped

_FIRST_VOTE = 2  # columns before the votes: Usage and the picture's name
_MOST_VOTES = 127


@dataclass(frozen=True, eq=False)
class Votes:
    """A row for each line of FER2013's csv after its header.

    values: (N, 10) int8, -1 where a line is unusable. usages: (N,) str, what the line says of the split.
    """

    path: Path
    values: NDArray[np.int8]
    usages: NDArray[np.str_]

    def rows(
        self, ordinals: NDArray[np.int64], splits: NDArray[np.str_], dataset: Path, lines: int
    ) -> NDArray[np.int8]:
        """Those of the lines with these numbers, the first after the header being 0.

        splits: what the dataset says of each. lines: how many the dataset has. DatasetError if the two differ in their
        number of lines or in a split, for then a picture would get another one's votes.
        """
        remedy = "they have to be of the same FER2013, line by line; without votes, move that file away."
        if lines != len(self.values):
            raise DatasetError(f"{self.path} has {len(self.values)} lines and {dataset} {lines}: {remedy}")
        if (differs := self.usages[ordinals] != splits).any():
            row = int(np.argmax(differs))
            raise DatasetError(
                f'line {ordinals[row] + 2} is "{self.usages[ordinals[row]]}" in {self.path} and "{splits[row]}" in'
                f" {dataset}: {remedy}"
            )
        return self.values[ordinals]


def read_votes(path: Path, *, skipped: Skipped) -> Votes:
    """Read FER+'s csv. The picture of a malformed line stays, without votes. DatasetError for another header."""
    lines = read_lines(path)
    header = next(lines, None)
    if header is None or not is_ferplus_header(header):
        raise DatasetError(f"{path}: its first line is not FER+'s (Usage, Image name, neutral, happiness, …).")
    counts, usages, written = array("b"), [], 0
    for line in lines:
        values = _votes(line)
        if values is None:
            skipped.add(f"{path.name}, line {line.number}", "it has not ten counts of votes, so its picture has none")
        counts.extend(values or [-1] * len(FER_PLUS))
        usages.append((line.content or b"").partition(b",")[0].strip(b' "').decode("utf-8", "replace"))
        if line.content is None or line.content.strip():
            written = len(usages)  # without blank lines at the end
    return Votes(path, np.frombuffer(counts, np.int8).reshape(-1, len(FER_PLUS))[:written], np.array(usages[:written]))


def is_ferplus(path: Path) -> bool:
    """Whether the first line is FER+'s."""
    first = next(read_lines(path), None)
    return first is not None and is_ferplus_header(first)


def is_ferplus_header(line: Line) -> bool:
    """Whether ``line`` names FER+'s columns."""
    names = [name.strip(' "').lower() for name in (line.content or b"").decode("utf-8", "replace").split(",")]
    return names[_FIRST_VOTE : _FIRST_VOTE + 2] == [FER_PLUS[0][0], FER_PLUS[1][0]] and len(names) == 12


def _votes(line: Line) -> list[int] | None:
    fields = (line.content or b"").split(b",")[_FIRST_VOTE:]
    try:
        values = [int(field) for field in fields]
    except ValueError:
        return None
    return values if len(values) == len(FER_PLUS) and all(0 <= value <= _MOST_VOTES for value in values) else None
