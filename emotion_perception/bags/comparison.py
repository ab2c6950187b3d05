"""Compares what perception makes of a bag with what it made before."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from emotion_perception.bags.observation import ASPECTS, Frame, Golden, Run, value_of


@dataclass(frozen=True)
class Difference:
    """Frames in a row that differ in the same way.

    begin, end: seconds since the first picture, of the first and last such frame. stamp: of the one in the middle.
    expected, found: the label or the person; None: the track is not in view.
    """

    begin: float
    end: float
    stamp: int
    track: str
    aspect: str
    expected: str | None
    found: str | None
    frames: int

    def __str__(self) -> str:
        return (
            f"{self.begin:.2f}–{self.end:.2f} s  {self.track}  {self.aspect} is {_said(self.found)}, "
            f"was {_said(self.expected)}  ({self.frames} frames)"
        )


@dataclass(frozen=True)
class Comparison:
    """differences: in the order of time. differing: how many frames differ in any way, of ``frames``.

    problems: sentences about the whole, e.g. frames that are missing; with one of them it has failed.
    """

    differences: tuple[Difference, ...]
    differing: int
    frames: int
    tolerated: float
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it is within the tolerances."""
        return not self.problems and self.differing <= self.tolerated * max(1, self.frames)


def compare(golden: Golden, model: str, frames: Sequence[Frame]) -> Comparison:
    """Compare frame by frame.

    A frame agrees if what it shows was shown within ``golden.tolerances.seconds`` of its time.
    """
    differences: list[Difference] = []
    bad: set[int] = set()
    tracks = dict.fromkeys([*golden.runs, *(seen.track for frame in frames for seen in frame.faces)])
    for track in tracks:
        for aspect in ASPECTS:
            runs = golden.runs.get(track, {}).get(aspect, [])
            for found in _in_a_row(frames, track, aspect, runs, golden.tolerances.seconds):
                differences.append(_difference([frames[each] for each, _ in found], track, aspect, found[0][1]))
                bad.update(each for each, _ in found)
    problems = []
    if golden.frames != len(frames):
        problems.append(f"{len(frames)} frames were processed, not {golden.frames}: the bag or the graph is another")
    notes = [f"the model is {model}, not {golden.model}"] if model != golden.model else []
    differences.sort(key=lambda each: (each.begin, each.track, each.aspect))
    return Comparison(
        tuple(differences), len(bad), len(frames), golden.tolerances.frames, tuple(problems), tuple(notes)
    )


def _in_a_row(
    frames: Sequence[Frame], track: str, aspect: str, runs: list[Run], tolerance: float
) -> list[list[tuple[int, str | None]]]:
    """Return stretches of the indices of frames that differ alike, each with what was expected."""
    stretches: list[list[tuple[int, str | None]]] = []
    before: tuple[int, str | None, str | None] | None = None
    for index, frame in enumerate(frames):
        found = value_of(frame, track, aspect)
        if found in _within(runs, frame.time - tolerance, frame.time + tolerance):
            continue
        if aspect != ASPECTS[0] and (found is None or _at(runs, frame.time) is None):
            continue  # that the track is missing was told already
        expected = _at(runs, frame.time)
        if before == (index - 1, found, expected):
            stretches[-1].append((index, expected))
        else:
            stretches.append([(index, expected)])
        before = (index, found, expected)
    return stretches


def _difference(frames: Sequence[Frame], track: str, aspect: str, expected: str | None) -> Difference:
    return Difference(
        begin=frames[0].time,
        end=frames[-1].time,
        stamp=frames[len(frames) // 2].stamp,
        track=track,
        aspect=aspect,
        expected=expected,
        found=value_of(frames[0], track, aspect),
        frames=len(frames),
    )


def _at(runs: list[Run], time: float) -> str | None:
    """Return the value at a time; rows are rounded to milliseconds."""
    index = bisect.bisect_right([when for when, _ in runs], time + 0.001)
    return runs[index - 1][1] if index else None


def _within(runs: list[Run], begin: float, end: float) -> set[str | None]:
    return {_at(runs, begin), _at(runs, end)} | {what for when, what in runs if begin <= when <= end}


def _said(value: str | None) -> str:
    return "not in view" if value is None else f'"{value}"'
