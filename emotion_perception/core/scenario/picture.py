"""Draws a scenario as a picture, with nothing but matplotlib: columns by the distance from the first state."""

from __future__ import annotations

from pathlib import Path

from emotion_perception.core.errors import ScenarioError
from emotion_perception.core.scenario.drawing import Arrow, arrows, arrows_from_anywhere
from emotion_perception.core.scenario.model import Scenario

_COLUMN, _ROW = 3.6, 1.5  # inches
_ANYWHERE = "in every other state"


def draw(scenario: Scenario, path: Path) -> None:
    """Write a picture; its kind is the file's suffix (.svg, .png or .pdf). ScenarioError if it cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ways = arrows(scenario)
    everywhere = [Arrow(_ANYWHERE, arrow.target, arrow.labels) for arrow in arrows_from_anywhere(scenario)]
    places = _places(scenario, ways, everywhere)
    width = max(x for x, _ in places.values()) + 1
    height = max(y for _, y in places.values()) + 1
    figure = Figure(figsize=(_COLUMN * width, _ROW * height))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    for number, arrow in enumerate([*ways, *everywhere]):
        start, end = places[arrow.source], places[arrow.target]
        dashed = arrow.source == _ANYWHERE
        colour = f"C{number % 10}"
        bend = 0.18 if start[0] <= end[0] else 0.3
        axes.annotate(
            "",
            xy=end,
            xytext=start,
            arrowprops={
                "arrowstyle": "-|>",
                "connectionstyle": f"arc3,rad={bend}",
                "shrinkA": 32,
                "shrinkB": 32,
                "color": colour,
                "linestyle": "--" if dashed else "-",
            },
        )
        x, y = _middle(start, end, bend)
        text = "\n".join(arrow.labels)
        behind = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
        axes.text(x, y, text, fontsize=6, ha="center", va="center", color=colour, bbox=behind, zorder=3)
    for name, (x, y) in places.items():
        box = {
            "boxstyle": "round,pad=0.5",
            "facecolor": "white",
            "edgecolor": "black",
            "linewidth": 2.0 if name == scenario.start else 1.0,
            "linestyle": "--" if name == _ANYWHERE else "-",
        }
        axes.text(x, y, name, fontsize=9, ha="center", va="center", bbox=box, zorder=4)
    try:
        figure.savefig(path, dpi=120)
    except OSError as error:
        raise ScenarioError(
            f"cannot write {path} ({error.strerror}): give --out a folder that you may write to"
        ) from error


def _places(scenario: Scenario, ways: list[Arrow], everywhere: list[Arrow]) -> dict[str, tuple[int, int]]:
    """Column and row of every state; those that only rules for anywhere lead to come after the one they start from."""
    column = {scenario.start: 0}
    for extra in ([], everywhere):
        if extra:
            column[_ANYWHERE] = 1
        ahead = list(column)
        while ahead:
            name = ahead.pop(0)
            for arrow in [*ways, *extra]:
                if arrow.source == name and arrow.target not in column:
                    column[arrow.target] = column[name] + 1
                    ahead.append(arrow.target)
    rows: dict[int, int] = {}
    places = {}
    for name, x in column.items():
        places[name] = (x, rows.get(x, 0))
        rows[x] = rows.get(x, 0) + 1
    return places


def _middle(start: tuple[int, int], end: tuple[int, int], bend: float) -> tuple[float, float]:
    """The middle of matplotlib's arc3, which bends by a part of its length in inches; y grows downwards."""
    (x0, y0), (x1, y1) = start, end
    across, down = (x1 - x0) * _COLUMN, (y1 - y0) * _ROW
    return (x0 + x1) / 2 - bend / 2 * down / _COLUMN, (y0 + y1) / 2 + bend / 2 * across / _ROW
