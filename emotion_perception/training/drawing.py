"""Pictures about a dataset: how many rows each class has, and some of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emotion_perception.core.errors import DatasetError
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.figures import new_figure, save_figure
from emotion_perception.training.statistics import Statistics

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 10
_NO_SPLIT = "no split"


def draw_histogram(found: Statistics, picture: Path) -> None:
    """Draw the rows of each class, a bar for each split; DatasetError or TrainingError if it cannot be written."""
    figure = new_figure((9.0, 4.0))
    axes = figure.subplots()
    classes = list(next(iter(found.counts.values())))
    width = 0.8 / len(found.counts)
    for index, (split, counts) in enumerate(found.counts.items()):
        places = np.arange(len(classes)) + (index - (len(found.counts) - 1) / 2) * width
        bars = axes.bar(places, list(counts.values()), width, label=split or _NO_SPLIT)
        axes.bar_label(bars, fontsize=6, padding=1)
    axes.set(title=f"{found.name}: {found.rows:,} pictures", ylabel="pictures")
    axes.set_xticks(np.arange(len(classes)), classes)
    axes.grid(axis="y", alpha=0.3)
    axes.legend()
    _save(figure, picture)


def draw_samples(dataset: Dataset, picture: Path, *, seed: int) -> None:
    """Draw up to ten pictures of each class, a row for each, chosen by ``seed``; errors as above."""
    generator = np.random.default_rng(seed)
    figure = new_figure((_COLUMNS * 0.9 + 1, len(dataset.classes) * 0.9))
    panels = figure.subplots(len(dataset.classes), _COLUMNS, squeeze=False)
    for label, name in enumerate(dataset.classes):
        rows = np.sort(generator.permutation(np.flatnonzero(dataset.labels == label))[:_COLUMNS])
        for panel in panels[label]:
            panel.set(xticks=[], yticks=[], frame_on=False)
        panels[label][0].set_ylabel(name, rotation=0, ha="right", va="center")
        for panel, row in zip(panels[label], rows, strict=False):
            panel.imshow(dataset.images[int(row)], cmap="gray", vmin=0, vmax=255)
    _save(figure, picture)


def _save(figure: Figure, picture: Path) -> None:
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"{picture} cannot be written ({error.strerror}): choose another folder.") from error
    save_figure(figure, picture)
