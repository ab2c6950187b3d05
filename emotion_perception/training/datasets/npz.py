"""Our own form in one file: FER2013 with FER+'s votes, or whatever `dataset merge` wrote."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError
from emotion_perception.core.labels import FER_PLUS, LABELS
from emotion_perception.training.dataset import SPLITS, Dataset
from emotion_perception.training.files import write_whole
from emotion_perception.training.skipping import Skipped
from emotion_perception.training.sources import Sources

_HEADER = 1 << 16  # bytes at most, of a .npy member
_PIECE = 1 << 20

#: Key -> (type it is turned into, kinds of NumPy that can be, number of axes).
_KEYS: Mapping[str, tuple[Any, str, tuple[int, ...]]] = {
    "images": (np.uint8, "u", (3, 4)),
    "labels": (np.uint8, "iu", (1,)),
    "usage": (np.str_, "U", (1,)),
    "ferplus_votes": (np.int8, "iu", (2,)),
    "classes": (np.str_, "U", (1,)),
    "groups": (np.str_, "U", (1,)),
}
_NEEDED = ("images", "labels")


def read_npz(path: Path, *, memory: int, skipped: Skipped) -> Dataset:
    """Read ``images``, ``labels`` and, where there, ``usage``, ``ferplus_votes``, ``classes`` and ``groups``.

    A row whose label or split does not exist is skipped. Pickled objects are never loaded, and nothing is unpacked
    before its size is known to fit into ``memory`` bytes; DatasetError for both, and for a file that is damaged.
    """
    arrays = _load(path, memory)
    for key in _NEEDED:
        if key not in arrays:
            raise DatasetError(f'{path} has no array "{key}": it needs {" and ".join(_NEEDED)}.')
    images, labels = arrays["images"], arrays["labels"]
    classes = tuple(arrays["classes"].tolist()) if "classes" in arrays else LABELS
    if len(set(classes)) != len(classes) or not classes:
        raise DatasetError(f'{path}: "classes" names {len(classes)} classes, some twice or none: name each once.')
    count = len(labels)
    splits = arrays.get("usage", np.full(count, "", "U11"))
    votes = arrays.get("ferplus_votes")
    for key, part in arrays.items():
        if key != "classes" and len(part) != count:
            raise DatasetError(f'{path}: "{key}" has {len(part)} rows and "labels" {count}: they have to be as many.')
    if votes is not None and votes.shape[1] != len(FER_PLUS):
        raise DatasetError(f'{path}: "ferplus_votes" has {votes.shape[1]} columns: it needs {len(FER_PLUS)}.')
    good = (labels >= 0) & (labels < len(classes))
    for row in np.flatnonzero(~good):
        skipped.add(f"{path.name}, row {row}", f"its label is not 0 to {len(classes) - 1}")
    for row in np.flatnonzero(good & ~np.isin(splits, SPLITS)):
        good[row] = False
        skipped.add(f"{path.name}, row {row}", "its usage is not Training, PublicTest or PrivateTest")
    rows = np.flatnonzero(good)
    skipped.must_leave(len(rows), str(path))
    whole = len(rows) == count
    return Dataset(
        images=images if whole else images[rows],
        labels=labels[rows].astype(np.uint8),
        splits=splits[rows],
        classes=classes,
        votes=None if votes is None else votes[rows].astype(np.int8),
        groups=arrays["groups"][rows] if "groups" in arrays else None,
        sources=Sources.of_lines(path.name, rows),
        name=path.stem,
    )


def write_npz(dataset: Dataset, path: Path) -> None:
    """Write what `read_npz` reads, compressed, wholly or not at all; TrainingError if it cannot be written."""
    arrays: dict[str, NDArray[Any]] = {
        "images": dataset.images[:],
        "labels": dataset.labels,
        "usage": dataset.splits,
        "classes": np.array(dataset.classes),
    }
    if dataset.votes is not None:
        arrays["ferplus_votes"] = dataset.votes
    if dataset.groups is not None:
        arrays["groups"] = dataset.groups

    def write(part: Path) -> None:
        with part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    write_whole(path, write)


def _load(path: Path, memory: int) -> dict[str, NDArray[Any]]:
    """Read the arrays we know, each checked by its header before its content is unpacked."""
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            present = set(archive.namelist())
            for key in (key for key in _KEYS if f"{key}.npy" in present):
                arrays[key] = _member(archive, key, path, memory)
                memory -= arrays[key].nbytes
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror or error}): check the file.") from error
    except MemoryError as error:
        raise DatasetError(f"{path} does not fit into memory: merge it into a folder of arrays elsewhere.") from error
    except (zipfile.BadZipFile, ValueError, EOFError, RuntimeError, NotImplementedError, zlib.error) as error:
        raise DatasetError(f"{path} is damaged or no .npz file ({error}): get it again.") from error
    return arrays


def _member(archive: zipfile.ZipFile, key: str, path: Path, memory: int) -> NDArray[Any]:
    wanted, kinds, axes = _KEYS[key]
    with archive.open(f"{key}.npy") as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file, max_header_size=_HEADER)
        if dtype.hasobject:
            raise DatasetError(f'{path}: "{key}" holds pickled objects, which can run code: save plain arrays.')
        if dtype.kind not in kinds or len(shape) not in axes or (key == "images" and dtype != np.uint8):
            raise DatasetError(f'{path}: "{key}" is {dtype} of shape {shape}, which is not what a dataset holds.')
        if (size := int(np.prod(shape, dtype=object)) * dtype.itemsize) > memory:
            raise DatasetError(
                f'{path}: "{key}" unpacks to {size / 1e9:.1f} GB, and {memory / 1e9:.1f} GB are allowed: make a folder'
                f" of arrays of it, which is read from the disk (dataset merge OUT {path.name} --memory GB)."
            )
        content, filled = bytearray(size), 0
        while filled < size and (piece := file.read(min(_PIECE, size - filled))):
            content[filled : filled + len(piece)] = piece
            filled += len(piece)
        if filled < size:
            raise DatasetError(f'{path}: "{key}" ends after {filled} of {size} bytes: get the file again.')
    array = np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")
    return array.astype(wanted) if wanted is np.str_ else array
