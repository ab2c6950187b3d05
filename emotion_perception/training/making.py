"""Pictures that are made of others one by one: several at once, never half, and none twice."""

from __future__ import annotations

import os
import shutil
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.training.collecting import Progress
from emotion_perception.training.files import write_text
from emotion_perception.training.pictures import RowError
from emotion_perception.training.skipping import Skipped

_IN_FLIGHT = 64  # pictures that wait for a thread
_DRAFT = ".part"
#: Hidden, in the target: how its pictures were made.
_HOW = ".made"


@dataclass(frozen=True)
class Step:
    """One picture: where it is, where it goes, and how its face is cut out of it (RGB), if not the file itself goes."""

    place: str
    source: Path
    target: Path
    cut: Callable[[], NDArray[np.uint8]] | None = None


def make_all(
    steps: Sequence[Step],
    source: Path,
    target: Path,
    *,
    method: str = "copy",
    size: int = 0,
    workers: int,
    skipped: Skipped,
    progress: Progress | None,
) -> Counter[str]:
    """Make every step's target, all of them below ``target``; returns how many pictures each folder there holds now.

    method: copy, link or hardlink, of files that are not cut; size: side of those that are. What is there already is
    not made again, and no file is ever half there, so that a run that was ended at any moment goes on where it was. A
    second step with the target of an earlier one is skipped. DatasetError if nothing can be made or written;
    ParameterError if ``target`` lies inside ``source``, or was made by another method or at another size.
    """
    if target.resolve().is_relative_to(source.resolve()):
        raise ParameterError(f"{target} lies inside {source}, which would be read again: choose a place outside it.")
    skipped.must_leave(len(steps), str(source))
    try:
        _refuse_mixture(target, f"{method} {size}\n")
        steps = list(_without_repeats(steps, skipped))
        for folder in {step.target.parent for step in steps}:
            folder.mkdir(parents=True, exist_ok=True)
            for draft in folder.glob(f".*{_DRAFT}"):
                draft.unlink()
    except OSError as error:
        raise DatasetError(f"{target} cannot be written ({error.strerror}): choose another place.") from error
    counts: Counter[str] = Counter()
    made = _in_parallel(steps, lambda step: _make(step, method), workers)
    for done, (step, fault) in enumerate(made, 1):
        if fault:
            skipped.add(step.place, fault)
        else:
            counts[str(step.target.parent.relative_to(target))] += 1
        if progress:
            progress(done, len(steps))
    skipped.must_leave(counts.total(), str(source))
    return counts


def _refuse_mixture(target: Path, how: str) -> None:
    told = target / _HOW
    target.mkdir(parents=True, exist_ok=True)
    if not told.is_file():
        write_text(told, how)
    before = told.read_text(encoding="utf-8")
    if before != how:
        raise ParameterError(
            f"{target} holds pictures that were made in another way (method and size {before.strip()}, not"
            f" {how.strip()}): give the same options, or another folder."
        )


def _without_repeats(steps: Iterable[Step], skipped: Skipped) -> Iterator[Step]:
    seen: set[Path] = set()
    for step in steps:
        if step.target in seen:
            skipped.add(step.place, "an earlier one is the same picture, or has its name")
        else:
            seen.add(step.target)
            yield step


def _in_parallel(steps: Iterable[Step], work: Callable[[Step], str], workers: int) -> Iterator[tuple[Step, str]]:
    """Yield every step with what ``work`` returned, in order, with few of them waiting."""
    with ThreadPoolExecutor(workers) as pool:
        pending: list[tuple[Step, Future[str]]] = []
        try:
            for step in steps:
                pending.append((step, pool.submit(work, step)))
                if len(pending) >= _IN_FLIGHT:
                    first, future = pending.pop(0)
                    yield first, future.result()
            for first, future in pending:
                yield first, future.result()
        finally:
            wait([future for _, future in pending if not future.cancel()])


def _make(step: Step, method: str) -> str:
    """Make the target unless it is there; why it could not be, or ""."""
    if step.target.exists():
        return ""
    try:
        status = step.source.stat()
    except OSError:
        return "there is no such file"
    if not stat.S_ISREG(status.st_mode):
        return "it is not a file"
    draft = step.target.with_name(f".{step.target.name}{_DRAFT}")
    try:
        if step.cut:
            picture = cv2.cvtColor(step.cut(), cv2.COLOR_RGB2BGR)
            draft.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
        elif method == "link":
            draft.symlink_to(step.source.resolve())
        elif method == "hardlink":
            draft.hardlink_to(step.source.resolve())
        else:
            shutil.copyfile(step.source, draft)
        draft.replace(step.target)
        if method == "hardlink":  # replacing a file by another name of itself leaves both
            draft.unlink(missing_ok=True)
    except RowError as fault:
        return str(fault)
    except OSError as error:
        raise DatasetError(
            f"{step.target} cannot be made ({os.strerror(error.errno) if error.errno else error}): make room, or choose"
            " another place or method; what is done stays done."
        ) from error
    return ""
