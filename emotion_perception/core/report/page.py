"""A page about a recording that needs no other file: timeline, distribution, transitions, latency and frames."""

from __future__ import annotations

import base64
import html
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.palette import colour_of
from emotion_perception.core.report.history import FaceHistory

_WIDTH, _HEIGHT = 900, 120  # of a chart, pixels


@dataclass(frozen=True)
class Second:
    """One second of the recording. frames: how many; latency: their median in milliseconds, None without frames."""

    frames: int
    latency: float | None


@dataclass(frozen=True)
class Snapshot:
    """A picture worth looking at, as JPEG."""

    caption: str
    jpeg: bytes


def seconds_of(frames: Sequence[tuple[int, int]]) -> list[Second]:
    """Return each second of a recording. frames: (stamp, time of receipt) of each, nanoseconds, in their order."""
    if not frames:
        return []
    first = frames[0][1]
    latencies: dict[int, list[float]] = {}
    for stamp, received in frames:
        latencies.setdefault((received - first) // 1_000_000_000, []).append(1e-6 * (received - stamp))
    found = [latencies.get(number, []) for number in range(max(latencies) + 1)]
    return [Second(len(each), statistics.median(each) if each else None) for each in found]


def transitions(face: FaceHistory) -> Counter[tuple[str, str]]:
    """Return how often each label was followed by which other, without a break between them."""
    stretches = face.stretches()
    return Counter(
        (one.label, other.label)
        for one, other in pairwise(stretches)
        if one.end == other.start and one.label != other.label
    )


def write_page(
    path: Path,
    *,
    title: str,
    facts: Sequence[tuple[str, str]],
    timeline: bytes,
    faces: Sequence[FaceHistory],
    seconds: Sequence[Second],
    snapshots: Sequence[Snapshot],
) -> None:
    """Write the page. timeline: PNG. Raises PerceptionError when it cannot be written."""
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        _table([(html.escape(key), html.escape(value)) for key, value in facts]),
        "<h2>Expressions over time</h2>",
        f'<img alt="timeline" src="data:image/png;base64,{base64.b64encode(timeline).decode()}">',
        *(_face(face) for face in faces),
        "<h2>Frames per second</h2>",
        _chart([float(each.frames) for each in seconds], "frames per second"),
        "<h2>Latency</h2><p>From the stamp of a picture to when its result was recorded, median of each second. "
        "Between two computers it holds only if their clocks agree.</p>",
        _chart([each.latency for each in seconds], "ms"),
    ]
    if snapshots:
        parts.append("<h2>Strongest moments</h2>")
        parts += (
            f'<figure><img alt="" src="data:image/jpeg;base64,{base64.b64encode(each.jpeg).decode()}">'
            f"<figcaption>{html.escape(each.caption)}</figcaption></figure>"
            for each in snapshots
        )
    parts.append("<footer>An expression is what a face shows, not what a person feels.</footer>")
    page = _PAGE.format(title=html.escape(title), body="\n".join(parts))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise PerceptionError(f"cannot write {path} ({error.strerror}): choose another file") from error


def _face(face: FaceHistory) -> str:
    counts = Counter(face.decided)
    share = [
        (_swatch(label) + html.escape(label), f"{count / len(face.decided):.1%}")
        for label, count in counts.most_common()
    ]
    changes = [
        (f"{html.escape(one)} → {html.escape(other)}", str(count))
        for (one, other), count in transitions(face).most_common()
    ]
    said = f"<h2>{html.escape(face.face_id)}</h2><p>In view for {face.seen:.1f} s.</p>{_table(share)}"
    return said + (f"<h3>Transitions</h3>{_table(changes)}" if changes else "")


def _swatch(label: str) -> str:
    return f'<span class="swatch" style="background:rgb{colour_of(label)}"></span>'


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td>{key}</td><td>{value}</td></tr>" for key, value in rows)
    return f"<table>{cells}</table>"


def _chart(values: Sequence[float | None], unit: str) -> str:
    """Return a line over the seconds, from 0 to the highest value; seconds without one are gaps."""
    known = [value for value in values if value is not None]
    if not known:
        return "<p>No frame was recorded.</p>"
    low, high = min(0.0, *known), max(0.001, *known)
    step = _WIDTH / max(1, len(values) - 1)
    lines, points = [], list[str]()
    for number, value in enumerate([*values, None]):
        if value is not None:
            points.append(f"{number * step:.1f},{_HEIGHT * (high - value) / (high - low):.1f}")
        elif points:
            lines.append(f'<polyline points="{" ".join(points)}"/>')
            points = []
    return (
        f'<svg viewBox="0 -5 {_WIDTH} {_HEIGHT + 10}">{"".join(lines)}</svg>'
        f"<p>{low:.1f} to {high:.1f} {unit}, median {statistics.median(known):.1f}, over {len(values)} s</p>"
    )


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; color: #222; }}
img, svg {{ max-width: 100%; }}
svg {{ width: 100%; background: #f4f5f7; }}
polyline {{ fill: none; stroke: #1c6bd0; stroke-width: 2; }}
td {{ padding: 0 1.5em 0 0; }}
figure {{ display: inline-block; width: 45%; margin: 0 1em 1em 0; }}
.swatch {{ display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.5em; border: 1px solid #888; }}
footer, figcaption {{ color: #666; }}
</style>
{body}
</html>
"""
