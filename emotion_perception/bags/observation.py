"""What perception made of a bag, frame by frame, and the summary of it that is kept for comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from emotion_perception.core.errors import BagError

#: Of what a face is said to be at a time: its label, and who it is ("" for nobody known).
ASPECTS = ("label", "person")


@dataclass(frozen=True)
class Seen:
    """One face in one frame. person: the name, "" if not known."""

    track: str
    label: str
    person: str = ""


@dataclass(frozen=True)
class Frame:
    """One picture. time: seconds since the first; stamp: its own, nanoseconds."""

    time: float
    stamp: int
    faces: tuple[Seen, ...]


@dataclass(frozen=True)
class Tolerances:
    """What may differ, as models and processors round differently.

    seconds: by so much earlier or later a label, a name or a track may begin. frames: share of all frames, 0..1.
    """

    seconds: float = 0.2
    frames: float = 0.02


#: When something begins, in seconds, and what it is; None: the face is not there.
Run = tuple[float, str | None]


@dataclass(frozen=True)
class Golden:
    """What is compared with. runs: for each track and aspect, its values over time; frames: how many there were."""

    model: str
    frames: int
    runs: dict[str, dict[str, list[Run]]] = field(default_factory=dict)
    tolerances: Tolerances = field(default_factory=Tolerances)


def summarise(model: str, frames: Sequence[Frame], tolerances: Tolerances | None = None) -> Golden:
    """Return what is kept of the frames: when each track's label and person change. Probabilities are not kept: they
    differ in their last digits from processor to processor.
    """
    tracks = dict.fromkeys(seen.track for frame in frames for seen in frame.faces)
    runs = {
        track: {aspect: _runs([(frame.time, value_of(frame, track, aspect)) for frame in frames]) for aspect in ASPECTS}
        for track in tracks
    }
    return Golden(model, len(frames), runs, tolerances or Tolerances())


def value_of(frame: Frame, track: str, aspect: str) -> str | None:
    """Return an aspect of a track in a frame; None when it is not there."""
    seen = next((each for each in frame.faces if each.track == track), None)
    return None if seen is None else str(getattr(seen, aspect))


def write_golden(path: Path, golden: Golden) -> None:
    """Write a file that a person can read and correct. Raises BagError when it cannot be written."""
    content = {
        "model": golden.model,
        "frames": golden.frames,
        "tolerances": {"seconds": golden.tolerances.seconds, "frames": golden.tolerances.frames},
        "tracks": {
            track: {aspect: [_Row([round(when, 3), what]) for when, what in runs] for aspect, runs in aspects.items()}
            for track, aspects in golden.runs.items()
        },
    }
    text = _HEADER + yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BagError(f"cannot write {path} ({error.strerror}): choose another file") from error


def read_golden(path: Path) -> Golden:
    """Read such a file. Raises BagError when it is missing or something else."""
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BagError(f"there is no {path}: `--check {path} --update` writes it") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BagError(f"cannot read {path} ({' '.join(str(error).split())})") from error
    try:
        tolerated = content["tolerances"]
        return Golden(
            str(content["model"]),
            int(content["frames"]),
            {
                str(track): {aspect: [(float(when), what) for when, what in aspects[aspect]] for aspect in ASPECTS}
                for track, aspects in (content["tracks"] or {}).items()
            },
            Tolerances(float(tolerated["seconds"]), float(tolerated["frames"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BagError(
            f"{path} is not what --check compares with ({type(error).__name__}: {error}): write it anew with --update"
        ) from error


_HEADER = """\
# What perception made of a bag; `emotion-perception replay BAG --check` compares with it, --update writes it anew.
# Each row: seconds since the first picture, and what the track shows from then on; null: it is not in view.
"""


def _runs(values: Sequence[Run]) -> list[Run]:
    """Keep the first of equal values in a row, and what was missing at the begin not at all."""
    runs = [next(group) for _, group in groupby(values, key=lambda each: each[1])]
    return runs[1:] if runs and runs[0][1] is None else runs


class _Row(list[Any]):
    """A list that is written on one line."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(
    _Row, lambda dumper, row: dumper.represent_sequence("tag:yaml.org,2002:seq", row, flow_style=True)
)
