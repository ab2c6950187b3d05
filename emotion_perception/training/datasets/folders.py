"""A folder of pictures for each class, also inside a folder for each split; FER2013's and CK+48's too."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError
from emotion_perception.core.labels import LABELS, to_label
from emotion_perception.training.collecting import Reading, Table, collect
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.pictures import fit, read_picture
from emotion_perception.training.skipping import Skipped
from emotion_perception.training.sources import Sources
from emotion_perception.training.tree import folders_in, pictures_in

#: Folder names that stand for a split. "test" is PublicTest unless a validation folder is beside it.
_SPLIT_FOLDERS = {
    "train": "Training",
    "training": "Training",
    "val": "PublicTest",
    "valid": "PublicTest",
    "validation": "PublicTest",
    "publictest": "PublicTest",
    "privatetest": "PrivateTest",
    "test": "PublicTest",
    "testing": "PublicTest",
}
_VALIDATION = {"val", "valid", "validation", "publictest"}
_TEST = {"test", "testing"}
_MOST_CLASSES = 255  # labels are uint8
_OTHER_NAMES = {"fearful": "fear"}
_SPLIT_IN_NAME = re.compile(r"(Training|PublicTest|PrivateTest)_")
#: CK+: subject, sequence, frame.
_CK_PLUS = re.compile(r"(S\d{3})_\d{3}_\d{8}", re.ASCII)


def read_folders(path: Path, *, reading: Reading, skipped: Skipped) -> Dataset:
    """Read ``<class>/…`` or ``<split>/<class>/…``; pictures become grey or RGB squares of ``reading.size``.

    Classes are LABELS if a folder has one of the names that core.labels knows, and others' folders are skipped, as are
    those of contempt; if none has, every folder is a class, by name. A file name that begins with ``Training_``,
    ``PublicTest_`` or ``PrivateTest_`` gives the split before the folder does. The pictures of one of CK+'s people are
    a group. DatasetError if there is no such folder, or if classes are numbers, whose meaning nobody can guess.
    """
    places = _class_folders(path, skipped)
    names = sorted({folder.name for folder, _ in places})
    if not names:
        raise DatasetError(f"{path} has no folders in it: it needs one of pictures for each class.")
    if all(name.isdecimal() for name in names):
        raise DatasetError(
            f"{path} has numbers for classes ({', '.join(names[:4])} …): run `emotion-perception dataset convert`"
            " if they are AffectNet's, or give the folders the names of their classes."
        )
    ours = {name: label_of(name) for name in names}
    classes = LABELS if any(label in LABELS for label in ours.values()) else tuple(names)
    if len(classes) > _MOST_CLASSES:
        raise DatasetError(f"{path} has {len(classes)} folders for classes, and {_MOST_CLASSES} are possible at most.")
    files: list[Path] = []
    labels: list[int] = []
    splits: list[str] = []
    for folder, split in places:
        label = ours[folder.name] if classes is LABELS else folder.name
        if label not in classes:
            skipped.add(str(folder.relative_to(path)), "its name is none of our classes")
            continue
        for file in pictures_in(folder):
            files.append(file)
            labels.append(classes.index(label))
            named = _SPLIT_IN_NAME.match(file.name)
            splits.append(named[1] if named else split)
    skipped.must_leave(len(files), str(path))
    shape = reading.shape()

    def load(row: int) -> NDArray[np.uint8]:
        return fit(read_picture(files[row], shrink_to=shape[0]), shape)

    subjects = [_CK_PLUS.match(file.name) for file in files]
    table = Table(
        labels=np.array(labels, np.uint8),
        splits=np.array(splits, "U11"),
        sources=Sources.of_files([str(file.relative_to(path)) for file in files]),
        name=path.resolve().name or "pictures",
        classes=classes,
        groups=np.array([match[1] if match else "" for match in subjects]) if any(subjects) else None,
    )
    return collect(table, load, shape, reading=reading, skipped=skipped)


def label_of(folder: str) -> str | None:
    """Our label for a folder's name, None if there is none."""
    name = folder.strip().lower()
    try:
        return to_label(_OTHER_NAMES.get(name, name))
    except KeyError:
        return None


def _class_folders(path: Path, skipped: Skipped) -> list[tuple[Path, str]]:
    """Return every class's folders with their split; beside folders of splits, no other is one."""
    top = folders_in(path)
    names = {folder.name.lower() for folder in top}
    if not names & _SPLIT_FOLDERS.keys():
        return [(folder, "") for folder in top]
    translate = dict(_SPLIT_FOLDERS)
    if names & _VALIDATION:
        translate |= dict.fromkeys(_TEST, "PrivateTest")
    for folder in top:
        if folder.name.lower() not in translate:
            skipped.add(folder.name, "it lies beside folders of splits and is none: move it into train")
    return [
        (folder, translate[split.name.lower()])
        for split in top
        if split.name.lower() in translate
        for folder in folders_in(split)
    ]
