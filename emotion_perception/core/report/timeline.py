"""A picture of how the expressions of each face went over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.palette import BACKGROUND, FAINT_TEXT, TEXT, Rgb, colour_of, text_colour_on
from emotion_perception.core.report.emotion_csv import read_emotions
from emotion_perception.core.report.history import FaceHistory, gather

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_PANELS = 6
_DPI = 120
_WIDTH, _HEAD, _PANEL, _PANEL_TITLE, _FOOT = 12.0, 0.95, 2.7, 0.52, 0.6  # inches
_LEFT, _RIGHT = 0.052, 0.985  # of the width
_RIBBON_TOP, _RIBBON_BOTTOM = -0.06, -0.19  # where the height of probability 1 is 1
_RIBBON_LETTER = 0.0068  # width of a letter, of the panel's width
_PROMINENT = 0.5  # probability that an expression must reach at some time to get a bold line with its name on it
_SHORTEST, _LONG = 1.0, 180.0  # seconds that the axis shows at least; from which it counts minutes
_NAME, _ROOM_ABOVE = 0.03, 0.86  # half the width of a name, of the panel's; the probability over which none fits
_GRID: Rgb = (44, 48, 56)


def write_timeline(table: Path, picture: Path, *, title: str = "Expressions over time") -> None:
    """Draw the table that EmotionCsv wrote: one panel per face, of those seen longest when there are more than six.

    Raises PerceptionError when the table cannot be read or the picture cannot be written.
    """
    labels, rows = read_emotions(table)
    figure = _draw(labels, gather(rows), title)
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(picture, dpi=_DPI, facecolor=_hex(BACKGROUND), metadata={"Software": None})
    except OSError as error:
        raise PerceptionError(
            f"cannot write {picture} ({error.strerror}): free some space there, or choose another folder"
        ) from error


def _draw(labels: Sequence[str], faces: Sequence[FaceHistory], title: str) -> Figure:
    # Matplotlib takes half a second to load and only the end of a run needs it. No pyplot: no global state.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    longest = sorted(faces, key=lambda face: -face.seen)[:_MOST_PANELS]
    shown = [face for face in faces if face in longest]
    end = max([_SHORTEST, *(float(face.times[-1]) + face.step for face in faces)])
    height = _HEAD + max(1, len(shown)) * _PANEL + _FOOT
    figure = Figure(figsize=(_WIDTH, height))
    FigureCanvasAgg(figure)
    _write_head(figure, _legend(labels, shown), title, _summary(faces, shown, end), height)
    if not shown:
        figure.text(0.5, 0.4, "No face was seen", color=_hex(FAINT_TEXT), fontsize=16, ha="center")
    for index, face in enumerate(shown):
        bottom = (_FOOT + (len(shown) - 1 - index) * _PANEL) / height
        axes = figure.add_axes((_LEFT, bottom, _RIGHT - _LEFT, (_PANEL - _PANEL_TITLE) / height))
        _style_axes(axes, end, last=index == len(shown) - 1)
        _write_panel_title(axes, face)
        _draw_lines(axes, face, labels, end)
        _draw_ribbon(axes, face, end)
    return figure


def _summary(faces: Sequence[FaceHistory], shown: Sequence[FaceHistory], end: float) -> str:
    if not faces:
        return ""
    count = f"{len(faces)} face{'s' if len(faces) != 1 else ''} in {end:.1f} s"
    return count if len(faces) == len(shown) else f"{count}; the {len(shown)} seen longest are shown"


def _legend(labels: Sequence[str], shown: Sequence[FaceHistory]) -> list[str]:
    """Return the labels that need a key: those with a line, and others that were decided on ("uncertain")."""
    others = {label for face in shown for label in face.decided} - set(labels)
    return [*labels, *sorted(others)] if shown else []


def _write_head(figure: Figure, labels: Sequence[str], title: str, summary: str, height: float) -> None:
    """Write title, summary and legend."""
    from matplotlib.lines import Line2D

    figure.text(_LEFT, 1 - 0.46 / height, title, color=_hex(TEXT), fontsize=17, fontweight="bold")
    figure.text(_LEFT, 1 - 0.74 / height, summary, color=_hex(FAINT_TEXT), fontsize=11)
    if labels:
        keys = [Line2D([], [], color=_hex(colour_of(label)), linewidth=4) for label in labels]
        figure.legend(
            keys,
            labels,
            loc="upper right",
            bbox_to_anchor=(_RIGHT + 0.005, 1 - 0.44 / height),
            ncols=len(labels),
            frameon=False,
            labelcolor=_hex(TEXT),
            fontsize=11,
            handlelength=1.0,
            handletextpad=0.5,
            columnspacing=1.5,
            borderaxespad=0,
        )


def _style_axes(axes: Axes, end: float, *, last: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_facecolor(_hex(BACKGROUND))
    axes.set_xlim(0, end)
    axes.set_ylim(_RIBBON_BOTTOM, 1.04)
    axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
    axes.grid(axis="y", color=_hex(_GRID), linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_hex(FAINT_TEXT), length=0, labelsize=10, pad=6, labelbottom=last)
    for spine in axes.spines.values():
        spine.set_visible(False)
    long = end > _LONG
    axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 1.5, 3, 6, 10] if long else [1, 2, 5, 10]))
    if long:
        axes.xaxis.set_major_formatter(lambda seconds, _: f"{int(seconds) // 60}:{int(seconds) % 60:02d}")
    if last:
        axes.set_xlabel(
            "minutes" if long else "seconds", color=_hex(FAINT_TEXT), fontsize=10.5, loc="right", labelpad=4
        )


def _write_panel_title(axes: Axes, face: FaceHistory) -> None:
    label, share = face.most_frequent
    name = axes.text(0, 1.05, face.face_id, transform=axes.transAxes, color=_hex(TEXT), fontsize=12, va="baseline")
    name.set_fontweight("bold")
    axes.annotate(
        f"in view for {face.seen:.1f} s, {label} for {share:.0%} of it",
        (1, 1.05),
        (8, 0),
        xycoords=(name, axes.transAxes),
        textcoords="offset points",
        color=_hex(FAINT_TEXT),
        fontsize=10.5,
        va="baseline",
    )


def _draw_lines(axes: Axes, face: FaceHistory, labels: Sequence[str], end: float) -> None:
    """Draw a line per expression, those that came out strongly on top, bold and with their names at their peaks."""
    times, lines = face.lines()
    highest = np.nanmax(lines, axis=0)
    leading = np.nan_to_num(lines).argmax(axis=1)
    for column in np.argsort(highest):
        colour, prominent = _hex(colour_of(labels[column])), highest[column] >= _PROMINENT
        axes.plot(
            times,
            lines[:, column],
            color=colour,
            linewidth=2.2 if prominent else 1.2,
            alpha=1.0 if prominent else 0.6,
            solid_joinstyle="round",
        )
        axes.fill_between(
            times, 0, np.where(leading == column, lines[:, column], 0), color=colour, alpha=0.14, linewidth=0
        )
    _name_lines(axes, face, labels, end)


def _name_lines(axes: Axes, face: FaceHistory, labels: Sequence[str], end: float) -> None:
    """Write each prominent expression's name at its line, in the middle of the longest time that it led."""
    from matplotlib.patheffects import withStroke

    for column, frames in face.longest_leads().items():
        line = face.probabilities[:, column]
        if line[frames].max() < _PROMINENT:
            continue
        time = float(face.times[frames].mean())
        away = np.abs(face.times - time)
        near = line[away <= max(_NAME * end, away.min())]
        above = near.max() < _ROOM_ABOVE
        axes.annotate(
            labels[column],
            (min(max(time, _NAME * end), (1 - _NAME) * end), near.max() if above else near.min()),
            (0, 5 if above else -14),
            textcoords="offset points",
            ha="center",
            color=_hex(colour_of(labels[column])),
            fontsize=11,
            fontweight="bold",
            path_effects=[withStroke(linewidth=3.5, foreground=_hex(BACKGROUND))],
        )


def _draw_ribbon(axes: Axes, face: FaceHistory, end: float) -> None:
    """Draw what was decided as a ribbon under the lines, with the label where it fits."""
    from matplotlib.patches import Rectangle

    for stretch in face.stretches():
        colour = colour_of(stretch.label)
        size = stretch.end - stretch.start, _RIBBON_TOP - _RIBBON_BOTTOM
        axes.add_patch(Rectangle((stretch.start, _RIBBON_BOTTOM), *size, color=_hex(colour), linewidth=0))
        if size[0] > (len(stretch.label) + 1) * _RIBBON_LETTER * end:
            axes.text(
                (stretch.start + stretch.end) / 2,
                (_RIBBON_TOP + _RIBBON_BOTTOM) / 2,
                stretch.label,
                color=_hex(text_colour_on(colour)),
                fontsize=9.5,
                ha="center",
                va="center_baseline",
            )


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
