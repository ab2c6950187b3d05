"""AffectNet: lists of pictures with a face box, 68 landmarks and an expression (Mollahosseini et al. 2017)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.alignment import align, expression_crop
from emotion_perception.core.errors import DatasetError
from emotion_perception.core.faces import Detection
from emotion_perception.core.labels import AFFECTNET, LABELS
from emotion_perception.training.collecting import Reading, Table, collect
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.pictures import RowError, fit, read_picture
from emotion_perception.training.skipping import Skipped
from emotion_perception.training.sources import Sources

#: The lists and what their pictures are for.
LISTS = {"training.csv": "Training", "validation.csv": "PublicTest"}
COLUMNS = (
    "subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "facial_landmarks", "expression",
    "valence", "arousal",
)  # fmt: skip
#: How a face is cut out: by landmarks (eyes level, FER2013's framing), by the box, or not at all.
CROPS = ("landmarks", "box", "whole")

_IMAGE_FOLDERS = ("", "Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images", "images")
_LANDMARKS = 68
#: The five of core.faces.LANDMARKS as means of the 68, numbered from 0: eyes, tip of the nose, corners of the mouth.
_FIVE = (range(36, 42), range(42, 48), range(30, 31), range(48, 49), range(54, 55))


@dataclass(frozen=True, eq=False)
class Entry:
    """A usable line of a list. box: x0 y0 x1 y1, None if it has none; landmarks: (5, 2) as core.faces.LANDMARKS."""

    line: int
    picture: Path
    label: str
    box: tuple[float, float, float, float] | None
    landmarks: NDArray[np.float32] | None


def read_affectnet(path: Path, *, crop: str, reading: Reading, skipped: Skipped) -> Dataset:
    """Read training.csv and validation.csv of a folder, or one list; each face cut out and resized.

    crop: one of CROPS; where there are no usable landmarks the box is taken, and without that the whole picture. Lines
    without one of our seven expressions, and missing pictures, are skipped.
    """
    labels: list[int] = []
    splits: list[str] = []
    files: list[Path] = []
    lists: list[str] = []
    numbers: list[tuple[int, int]] = []
    boxes: list[tuple[float, float, float, float] | None] = []
    points: list[NDArray[np.float32] | None] = []
    for index, (listing, split) in enumerate(find_lists(path)):
        lists.append(listing.name)
        for entry in read_entries(listing, skipped=skipped):
            labels.append(LABELS.index(entry.label))
            splits.append(split)
            files.append(entry.picture)
            numbers.append((index, entry.line))
            boxes.append(entry.box)
            points.append(entry.landmarks if crop == "landmarks" else None)
    skipped.must_leave(len(labels), str(path))
    shape = reading.shape()

    def load(row: int) -> NDArray[np.uint8]:
        picture = read_picture(files[row])
        return cut_face(picture, boxes[row] if crop != "whole" else None, points[row], shape)

    places = np.array(numbers, np.int64)
    table = Table(
        labels=np.array(labels, np.uint8),
        splits=np.array(splits, "U11"),
        sources=Sources(tuple(lists), places[:, 0].astype(np.int32), places[:, 1], "line"),
        name="affectnet",
    )
    return collect(table, load, shape, reading=reading, skipped=skipped)


def find_lists(path: Path) -> list[tuple[Path, str]]:
    """Return the lists of a folder, or the one that ``path`` is, with their splits; DatasetError if there are none."""
    if path.is_file():
        return [(path, LISTS.get(path.name.lower(), ""))]
    lists = [(path / name, split) for name, split in LISTS.items() if (path / name).is_file()]
    if not lists:
        raise DatasetError(f"{path} has neither {' nor '.join(LISTS)}: give the folder that holds AffectNet's lists.")
    return lists


def is_affectnet(path: Path) -> bool:
    """Whether the first line of a csv file names AffectNet's columns, or looks like one of its lines."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        first = file.readline(1 << 16)
    return first.startswith(COLUMNS[0]) or (len(first.split(",")) == len(COLUMNS) and first.count(";") > _LANDMARKS)


def read_entries(listing: Path, *, skipped: Skipped) -> Iterator[Entry]:
    """Yield the usable lines of a list, in order, without opening any picture."""
    try:
        with listing.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.reader(file)
            names: dict[str, int] = {name: position for position, name in enumerate(COLUMNS)}
            root: Path | None = None
            while True:
                try:
                    row = next(rows)
                except StopIteration:
                    return
                except csv.Error:
                    skipped.add(f"{listing.name}, line {rows.line_num}", "it is no line of a csv file")
                    continue
                if row and row[0].strip() == COLUMNS[0]:  # validation.csv comes with and without a header
                    names = {name.strip(): position for position, name in enumerate(row)}
                    if missing := [name for name in COLUMNS[:7] if name not in names]:
                        raise DatasetError(f'{listing}: its first line has no column "{missing[0]}".')
                    continue
                if not row:
                    continue
                try:
                    relative = _relative(row[names[COLUMNS[0]]])
                    root = root or _root(listing, relative)  # until a picture is found, as the first may be missing
                    yield _entry(row, names, rows.line_num, (root or listing.parent) / relative)
                except IndexError:
                    skipped.add(f"{listing.name}, line {rows.line_num}", "it has too few columns")
                except RowError as fault:
                    skipped.add(f"{listing.name}, line {rows.line_num}", str(fault))
    except OSError as error:
        raise DatasetError(f"{listing} cannot be read ({error.strerror}): check the file.") from error


def cut_face(
    picture: NDArray[np.uint8],
    box: tuple[float, float, float, float] | None,
    landmarks: NDArray[np.float32] | None,
    shape: tuple[int, ...],
) -> NDArray[np.uint8]:
    """Cut a face out of an RGB picture: by landmarks as the robot's classifier gets it, else the box's square."""
    whole = np.array((0, 0, picture.shape[1], picture.shape[0]), np.float32)
    if landmarks is not None:
        detection = Detection(np.array(box, np.float32) if box else whole, 1.0, landmarks)
        return fit(expression_crop(align(picture, detection), shape[0]), shape)
    if box is None:
        return fit(picture, shape)
    x0, y0, x1, y1 = box
    side = max(x1 - x0, y1 - y0)
    centre = ((x0 + x1) / 2, (y0 + y1) / 2)
    reach = min(side, 2.0 * max(picture.shape[:2]))  # a box far larger than its picture would only repeat the border
    patch = max(1, round(reach))
    matrix = np.array([[1, 0, patch / 2 - centre[0]], [0, 1, patch / 2 - centre[1]]], np.float64)
    square = cv2.warpAffine(picture, matrix, (patch, patch), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return fit(np.asarray(square, np.uint8), shape)


def _entry(row: list[str], names: dict[str, int], line: int, picture: Path) -> Entry:
    expression = row[names["expression"]].strip()
    if not expression.isdecimal() or int(expression) >= len(AFFECTNET):
        raise RowError(f"its expression is not 0 to {len(AFFECTNET) - 1}")
    theirs, ours = AFFECTNET[int(expression)]
    if ours is None:
        raise RowError(f'its expression is "{theirs}", which is none of ours')
    try:
        x, y, width, height = (float(row[names[name]]) for name in COLUMNS[1:5])
    except ValueError:
        x = y = width = height = float("nan")
    usable = np.isfinite((x, y, width, height)).all() and min(width, height) >= 1 and max(width, height) < 1e5
    return Entry(
        line, picture, ours, (x, y, x + width, y + height) if usable else None, _five(row[names["facial_landmarks"]])
    )


def _five(text: str) -> NDArray[np.float32] | None:
    """Five landmarks of 68 as "x1;y1;…;x68;y68", None if they are not that."""
    try:
        values = np.array([float(word) for word in text.split(";")], np.float32)
    except ValueError:
        return None
    if len(values) != 2 * _LANDMARKS or not np.isfinite(values).all() or float(np.abs(values).max()) > 1e5:
        return None
    points = values.reshape(-1, 2)
    return np.array([points[list(part)].mean(axis=0) for part in _FIVE], np.float32)


def _relative(text: str) -> PurePosixPath:
    path = PurePosixPath(text.strip().replace("\\", "/"))
    if not path.name or path.is_absolute() or ".." in path.parts or "\0" in text:
        raise RowError("its path leads out of the dataset")
    return path


def _root(listing: Path, relative: PurePosixPath) -> Path | None:
    """The folder that a list's paths begin in, told by a picture that is there; None if it is not."""
    beside = listing.parent
    folders = [*(beside / name for name in _IMAGE_FOLDERS), beside]
    return next((folder for folder in folders if (folder / relative).is_file()), None)
