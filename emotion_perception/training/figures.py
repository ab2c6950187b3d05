"""Matplotlib's figures without a screen, written whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emotion_perception.training.files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 110


def new_figure(size: tuple[float, float]) -> Figure:
    """Return an empty figure of a size in inches."""
    # Matplotlib takes half a second to load. No pyplot: no global state.
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained")


def save_figure(figure: Figure, path: Path) -> None:
    """Write it as PNG; TrainingError if the disk refuses."""
    # Without the version, so that the same figure is the same file.
    write_whole(path, lambda part: figure.savefig(part, format="png", dpi=_DPI, metadata={"Software": None}))
