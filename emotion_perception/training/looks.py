"""The record of every look at a test split: a test that is looked at often is a validation part in disguise."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from emotion_perception.core import paths
from emotion_perception.core.errors import EvaluationError
from emotion_perception.training.evaluation import Evaluation
from emotion_perception.training.run_folder import RunFolder

TESTS = ("PublicTest", "PrivateTest")
_COLUMNS = ("date", "model", "model_sha256", "data", "data_sha256", "split", "pictures", "accuracy", "macro_f1")


def looks_path(run: RunFolder | None) -> Path:
    """Where looks are written down: in the run's folder, or for a model that lies in none in the user's data folder."""
    return (run.path if run else paths.data_dir()) / "test_looks.csv"


def note_look(found: Evaluation, path: Path, *, splits: Sequence[str]) -> None:
    """Append a look at ``splits`` if a test is one of them. EvaluationError if it cannot be written.

    The line is written at once, so that evaluations side by side do not mix theirs.
    """
    if not set(splits) & set(TESTS):
        return
    values = (found.date, found.model, found.model_sha256, found.data, found.data_sha256, found.split, found.count)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The header goes into a file that was not there, by whoever made it.
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o644)
            text = _line(_COLUMNS)
        except FileExistsError:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
            text = ""
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(text + _line((*values, f"{found.accuracy:.6f}", f"{found.macro_f1:.6f}")))
    except OSError as error:
        raise EvaluationError(
            f"the look at {found.split} cannot be noted in {path} ({error.strerror}): make it writable, as a test whose"
            " looks are not counted proves little."
        ) from error


def read_looks(path: Path) -> list[dict[str, str]]:
    """The looks that were noted, in their order; none if there is no such file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _line(values: tuple[object, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
