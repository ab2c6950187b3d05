"""AffectNet's numbered folders as a folder for each class, which every trainer of networks can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ParameterError
from emotion_perception.core.labels import AFFECTNET
from emotion_perception.training.collecting import Progress
from emotion_perception.training.datasets.affectnet import LISTS, Entry, cut_face, find_lists, read_entries
from emotion_perception.training.making import Step, make_all
from emotion_perception.training.pictures import read_picture
from emotion_perception.training.skipping import Skipped
from emotion_perception.training.tree import folders_in, pictures_in

#: How a picture gets to its class: as a copy, a symbolic link, a hard link, or as the face cut out of it (PNG).
METHODS = ("copy", "link", "hardlink", "crop")

_FOLDERS = {"Training": "train", "PublicTest": "validation", "": ""}


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
    (then there are no splits). method: one of METHODS; size: side of the pictures that "crop" makes. Missing pictures,
    and expressions that are none of ours, are skipped. Resumes and fails as ``making.make_all``; ParameterError for an
    unknown method, too.
    """
    if method not in METHODS:
        raise ParameterError(f'pictures cannot be converted by "{method}": choose one of {", ".join(METHODS)}.')
    size = size if method == "crop" else 0
    steps = list(_steps(source, target, size, skipped))
    return make_all(
        steps, source, target, method=method, size=size, workers=workers, skipped=skipped, progress=progress
    )


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
