"""Runs side by side: what was published of each architecture, and what its recipe gave here."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion_perception.core.errors import EvaluationError
from emotion_perception.core.markdown import table
from emotion_perception.training.checkpoint import waits
from emotion_perception.training.evaluation import read_evaluation
from emotion_perception.training.evaluation_page import percent
from emotion_perception.training.run_folder import RunFolder

#: What the authors of an architecture say of it on FER2013; of the others, we found no number that names its split.
PUBLISHED = {
    "mini_xception": "66 % (Arriaga et al., 2017)",
    "fer_mini_xception": "66 % (Arriaga et al., 2017)",
    "fer_resnet": "ours",
}
_UNPUBLISHED = "none found"
_DASH = "–"


@dataclass(frozen=True)
class Entry:
    """A row: evaluation is None for a run that was not evaluated yet."""

    name: str
    published: str
    epochs: str
    evaluation: dict[str, Any] | None


def read_entry(path: Path) -> Entry:
    """Read a run's folder, or an evaluation.json of a model that was not trained here.

    EvaluationError or TrainingError if it is neither.
    """
    if path.is_file():
        found = read_evaluation(path)
        return Entry(found["model"], _published(found["model"].split()[0]), _DASH, found)
    folder = RunFolder(path)
    architecture = folder.recipe().architecture
    evaluation = path / "evaluation.json"
    return Entry(
        name=architecture if path.resolve().name == architecture else f"{architecture} ({path.resolve().name})",
        published=_published(architecture),
        epochs=_epochs(folder),
        evaluation=read_evaluation(evaluation) if evaluation.is_file() else None,
    )


def comparison_page(entries: Sequence[Entry]) -> str:
    """Return a Markdown table with a row for each; EvaluationError if they were measured on different pictures.

    The pictures of a class that a model does not know are left out of its row, so data are compared by name.
    """
    about = {_about(each.evaluation) for each in entries if each.evaluation}
    if len(about) > 1:
        raise EvaluationError(f"these were measured on {' and on '.join(sorted(about))}: evaluate all on one split.")
    head = ("model", "published", "epochs", "pictures", "accuracy", "without known ones", "macro-F1", "ECE")
    rows = [(each.name, each.published, each.epochs, *_measured(each.evaluation)) for each in entries]
    where = "".join(about) or "Nothing was evaluated yet"
    return f"{where}:\n\n{table(head, rows)}\n"


def _about(found: dict[str, Any]) -> str:
    return f"{found['split']} of {found['data']} ({found['count'] + found['left_out']} pictures)"


def _published(name: str) -> str:
    """Of an architecture, or of a model's file, whose format may be at the end of its name."""
    found = (text for known, text in PUBLISHED.items() if name == known or name.startswith(f"{known}_"))
    return next(found, _UNPUBLISHED)


def _measured(found: dict[str, Any] | None) -> tuple[str, ...]:
    if found is None:
        return (_DASH, "not evaluated", _DASH, _DASH, _DASH)
    known = found.get("without_known")
    return (
        str(found["count"]),
        percent(found["accuracy"], 2),
        percent(known["accuracy"], 2) if known else _DASH,
        percent(found["macro_f1"]),
        f"{found['ece']:.3f}",
    )


def _epochs(folder: RunFolder) -> str:
    """As "best 41 of 60", or "best 41 of 45, not ended"."""
    if not folder.log.is_file():
        return "none yet"
    with folder.log.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        return "none yet"
    monitor = folder.recipe().monitor
    better = min if monitor == "val_loss" else max
    best = better(rows, key=lambda row: float(row[monitor]))
    return f"best {float(best['epoch']):.0f} of {len(rows)}{', not ended' if waits(folder.checkpoint) else ''}"
