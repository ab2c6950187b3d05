"""An evaluation as pictures: the confusion matrix and the reliability diagram."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emotion_perception.training.evaluation import Evaluation
from emotion_perception.training.figures import new_figure, save_figure


def draw_confusion(found: Evaluation, path: Path) -> None:
    """Counts, shaded by their part of the row: of the pictures of a class. TrainingError if it cannot be written."""
    figure = new_figure((6.4, 5.6))
    axes = figure.subplots()
    counts = np.array(found.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    picture = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, f"{count}\n{100 * shares[row, column]:.0f} %", ha="center", va="center", color=colour,
                  fontsize=8)  # fmt: skip
    places = range(len(found.classes))
    axes.set_xticks(places, found.classes, rotation=45, ha="right")
    axes.set_yticks(places, found.classes)
    axes.set(xlabel="answer", ylabel="right class", title=_title(found))
    figure.colorbar(picture, label="part of the right class", fraction=0.046)
    save_figure(figure, path)


def draw_reliability(found: Evaluation, path: Path) -> None:
    """Accuracy by confidence, and how many answers there were. TrainingError if it cannot be written."""
    figure = new_figure((5.6, 6.4))
    upper, lower = figure.subplots(2, height_ratios=(3, 1))
    width = 1 / found.ece_bins
    filled = [each for each in found.reliability if each.accuracy is not None]
    upper.plot((0, 1), (0, 1), color="0.5", linestyle="--", label="as sure as right")
    upper.bar([each.low for each in filled], [each.accuracy for each in filled], width, align="edge",
              edgecolor="white", label="accuracy")  # fmt: skip
    upper.plot([each.confidence for each in filled], [each.accuracy for each in filled], "k.", label="mean confidence")
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy", title=f"{_title(found)}\nECE {found.ece:.3f}")
    upper.legend(loc="upper left")
    lower.bar([each.low for each in found.reliability], [each.count for each in found.reliability], width,
              align="edge", edgecolor="white")  # fmt: skip
    lower.set(xlim=(0, 1), xlabel="confidence", ylabel="pictures")
    save_figure(figure, path)


def _title(found: Evaluation) -> str:
    return f"{found.model}, {found.split}: {100 * found.accuracy:.1f} % of {found.count}"
