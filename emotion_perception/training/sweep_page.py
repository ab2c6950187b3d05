"""A study as a table of its trials, a table of the effect of each option, and a plot of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from emotion_perception.core.markdown import table
from emotion_perception.training.evaluation_page import percent
from emotion_perception.training.figures import new_figure, save_figure
from emotion_perception.training.sweep import Trial
from emotion_perception.training.sweep_space import Choices, Range, Space

_PARTS = 4  # of a range, in the table


def sweep_page(name: str, space: Space, found: Sequence[Trial]) -> str:
    """Return the Markdown page: trials, the best first, and the effect of each option."""
    done = [trial for trial in found if trial.accuracy is not None]
    rows = [
        (
            str(trial.number),
            *(_shown(trial.values.get(option, "")) for option in space),
            trial.state if trial.accuracy is None else percent(trial.accuracy),
            Path(trial.folder).name,  # of one begun anew after a kill, that of its first number
        )
        for trial in found
    ]
    parts = [
        f"# Sweep {name}",
        f"{len(done)} of {len(found)} trials are complete. Accuracy is that of the best epoch on the validation part.",
        table(("trial", *space, "accuracy", "run"), rows),
    ]
    parts += [f"* trial {trial.number}: {trial.why}" for trial in found if trial.why]
    if done:
        parts += [
            "## Effect of each option",
            table(("option", "value", "trials", "mean", "best"), _effects(space, done)),
        ]
    return "\n\n".join(parts) + "\n"


def draw_effects(space: Space, found: Sequence[Trial], path: Path) -> bool:
    """Draw accuracy against each option's values; False if no trial is complete. TrainingError if it cannot."""
    done = [trial for trial in found if trial.accuracy is not None]
    if not done:
        return False
    figure = new_figure((3.6 * len(space), 3.6))
    panels = figure.subplots(1, len(space), sharey=True, squeeze=False)[0]
    for panel, (option, values) in zip(panels, space.items(), strict=True):
        accuracy = [100 * (trial.accuracy or 0) for trial in done]
        if isinstance(values, Choices):
            places = [values.values.index(trial.values[option]) for trial in done]
            panel.set_xticks(range(len(values.values)), [_shown(value) for value in values.values])
            means = [_mean(accuracy, places, place) for place in range(len(values.values))]
            panel.plot(range(len(means)), means, color="0.6", zorder=1, label="mean")
        else:
            places = [trial.values[option] for trial in done]
            panel.set_xscale("log" if values.log else "linear")
        panel.scatter(places, accuracy, zorder=2)
        panel.set(xlabel=option)
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("validation accuracy, %")
    save_figure(figure, path)
    return True


def _mean(values: Sequence[float], places: Sequence[int], place: int) -> float:
    here = [value for value, each in zip(values, places, strict=True) if each == place]
    return float(np.mean(here)) if here else float("nan")


def _effects(space: Space, done: Sequence[Trial]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for option, values in space.items():
        for shown, belongs in _groups(values):
            here = [trial.accuracy for trial in done if belongs(trial.values[option]) and trial.accuracy is not None]
            mean, best = (percent(float(np.mean(here))), percent(max(here))) if here else ("–", "–")
            rows.append((option, shown, str(len(here)), mean, best))
    return rows


def _groups(values: Choices | Range) -> list[tuple[str, Any]]:
    """How a value or a part of a range is shown, and a test of what belongs to it."""
    if isinstance(values, Choices):
        return [(_shown(value), lambda given, value=value: given == value) for value in values.values]
    spaced = np.geomspace if values.log else np.linspace
    edges = spaced(values.low, values.high, _PARTS + 1)
    # The ends are the range's own, whatever rounding did to them.
    edges[0], edges[-1] = values.low, np.nextafter(values.high, np.inf)
    return [
        (f"{low:.3g} to {high:.3g}", lambda given, low=low, high=high: low <= given < high)
        for low, high in pairwise(edges)
    ]


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)
