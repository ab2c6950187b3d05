"""AffectNet's numbered folders as a folder for each class, which every trainer of networks can read."""

from __future__ import annotations

import os
import shutil
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.core.labels import AFFECTNET
from emotion_perception.training.collecting import Progress
from emotion_perception.training.datasets.affectnet import LISTS, Entry, cut_face, find_lists, read_entries
from emotion_perception.training.pictures import RowError, read_picture
from emotion_perception.training.skipping import Skipped
from emotion_perception.training.tree import folders_in, pictures_in

#: How a picture gets to its class: as a copy, a symbolic link, a hard link, or as the face cut out of it (PNG).
METHODS = ("copy", "link", "hardlink", "crop")

_FOLDERS = {"Training": "train", "PublicTest": "validation", "": ""}
_IN_FLIGHT = 64  # pictures that wait for a thread
_DRAFT = ".part"


@dataclass(frozen=True)
class Step:
    """One picture: where it is, where it goes, and how its face is cut out of it."""

    place: str
    source: Path
    target: Path
    cut: Callable[[], NDArray[np.uint8]] | None = None


def convert(
    source: Path,
    target: Path,
    *,
    method: str = "copy",
    size: int = 224,
    workers: int = 2,
    skipped: Skipped,
    progress: Progress | None = None,
) -> Counter[str]:
    """Sort AffectNet's pictures into ``target``/<split>/<class>/; returns how many each folder holds now.

    source: the folder of training.csv and validation.csv, or one whose folders are numbered by AffectNet's expressions
    (then there are no splits). method: one of METHODS; size: side of the pictures that "crop" makes. What is there
    already is not made again, and no file is ever half there, so that a run that was ended at any moment goes on where
    it was. Missing pictures, and expressions that are none of ours, are skipped. DatasetError if nothing can be
    converted or written; ParameterError for an unknown method.
    """
    if method not in METHODS:
        raise ParameterError(f'pictures cannot be converted by "{method}": choose one of {", ".join(METHODS)}.')
    if target.resolve().is_relative_to(source.resolve()):
        raise ParameterError(f"{target} lies inside {source}, which would be read again: choose a place outside it.")
    steps = list(_steps(source, target, size if method == "crop" else 0, skipped))
    skipped.must_leave(len(steps), str(source))
    try:
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


def _steps(source: Path, target: Path, size: int, skipped: Skipped) -> Iterator[Step]:
    has_lists = source.is_file() or any((source / name).is_file() for name in LISTS)
    numbered = [] if has_lists or not source.is_dir() else [entry for entry in folders_in(source) if _number(entry)]
    if numbered:
        for folder in numbered:
            label = AFFECTNET[int(folder.name)][1]
            if label is None:
                skipped.add(folder.name, f'its expression is "{AFFECTNET[int(folder.name)][0]}", which is none of ours')
                continue
            for file in pictures_in(folder):
                name = "_".join(file.relative_to(folder).parts)
                yield _step(str(file.relative_to(source)), file, target / label / name, size)
        return
    for listing, split in find_lists(source):
        for entry in read_entries(listing, skipped=skipped):
            # The numbered folder stays in the name: two of them may hold files of the same name.
            name = f"{entry.picture.parent.name}_{entry.picture.name}"
            place = f"{listing.name}, line {entry.line}"
            yield _step(place, entry.picture, target / _FOLDERS[split] / entry.label / name, size, entry)


def _step(place: str, source: Path, target: Path, size: int, entry: Entry | None = None) -> Step:
    if not size:
        return Step(place, source, target)

    def cut() -> NDArray[np.uint8]:
        picture = read_picture(source)
        box, landmarks = (entry.box, entry.landmarks) if entry else (None, None)
        return cut_face(picture, box, landmarks, (size, size, 3))

    return Step(place, source, target.with_name(f"{target.name}.png"), cut)


def _number(folder: Path) -> bool:
    return folder.name.isdecimal() and folder.name.isascii() and int(folder.name) < len(AFFECTNET)


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
