"""What a reader leaves out: each kind of fault is counted, and its first few places are named."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from emotion_perception.core.errors import DatasetError

_NAMED = 5

Report = Callable[[str], None]


def log_report(message: str) -> None:
    """Log a sentence as a warning."""
    logging.getLogger("emotion_perception.training").warning(message)


class Skipped:
    """Collects the rows and pictures that were left out; ``report`` gets a sentence for the first of each reason.

    A reason is short and has no value of the row in it, so that equal faults are counted together.
    """

    def __init__(self, report: Report = log_report) -> None:
        self._report = report
        self._counts: Counter[str] = Counter()

    @property
    def counts(self) -> dict[str, int]:
        """How often for each reason, the most frequent first."""
        return dict(self._counts.most_common())

    def add(self, place: str, reason: str) -> None:
        """Count ``place`` (a file, or a file and its line) as left out because of ``reason``."""
        self._counts[reason] += 1
        if self._counts[reason] <= _NAMED:
            self._report(f"{place} was skipped: {reason}")

    def close(self) -> None:
        """Tell how many places were not named."""
        for reason, count in self._counts.items():
            if count > _NAMED:
                self._report(f"{count - _NAMED} more were skipped: {reason}")

    def must_leave(self, rows: int, name: str) -> None:
        """Raise DatasetError, with the most frequent reason, if a reader found no row in what is called ``name``."""
        if rows:
            return
        reasons = [f"{count} skipped ({reason})" for reason, count in self.counts.items()]
        found = ", ".join(reasons[:3]) or "nothing was found"
        raise DatasetError(f"{name} has no picture with a label: {found}. Check that this is the dataset meant.")
