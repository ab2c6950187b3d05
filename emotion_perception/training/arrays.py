"""A dataset as a folder of NumPy arrays: opened in no time, pictures mapped into memory, and of any size."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError
from emotion_perception.core.locking import locked
from emotion_perception.training.collecting import Progress
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.images import chunks
from emotion_perception.training.sources import Sources

_FORMAT = "emotion_perception dataset"
_VERSION = 1
_DESCRIPTION = "dataset.json"
_NEEDED = ("labels", "splits", "source_file", "source_line")


def is_arrays(folder: Path) -> bool:
    """Whether ``write_arrays`` made this folder."""
    return (folder / _DESCRIPTION).is_file() and (folder / "images.npy").is_file()


def read_arrays(folder: Path) -> Dataset:
    """Open what `write_arrays` wrote; pictures are read from the disk when they are asked for.

    DatasetError if something is missing, damaged or pickled.
    """
    try:
        description = json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))
        if description["format"] != _FORMAT or description["version"] != _VERSION:
            raise DatasetError(f"{folder} was written by another version of this program: write it again.")
        images = np.load(folder / "images.npy", mmap_mode="r", allow_pickle=False)
        parts = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in _NEEDED}
        extra = {
            name: np.load(folder / f"{name}.npy", allow_pickle=False) if (folder / f"{name}.npy").is_file() else None
            for name in ("votes", "groups")
        }
        if parts["labels"].dtype != np.uint8 or parts["labels"].ndim != 1:
            raise DatasetError(f"{folder} is damaged (its labels are no uint8): write it again.")
        sources = Sources(
            tuple(map(str, description["files"])), parts["source_file"], parts["source_line"], str(description["unit"])
        )
        return Dataset(
            images=images,
            labels=parts["labels"],
            splits=parts["splits"],
            classes=tuple(map(str, description["classes"])),
            votes=extra["votes"],
            groups=extra["groups"],
            sources=sources,
            name=str(description["name"]),
        )
    except OSError as error:
        raise DatasetError(f"{folder} cannot be read ({error.strerror}): write it again.") from error
    except (ValueError, KeyError, TypeError, EOFError, AttributeError) as error:
        raise DatasetError(f"{folder} is damaged ({error}): write it again.") from error


def write_arrays(dataset: Dataset, folder: Path, *, progress: Progress | None = None) -> None:
    """Write a new folder, wholly or not at all, a few pictures at a time; DatasetError if it exists or cannot be."""
    if folder.exists():
        raise DatasetError(f"{folder} is there already: delete it, or choose another name.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _draft_of(folder) as draft:
            if folder.exists():
                raise DatasetError(f"{folder} is there already: another process wrote it meanwhile.")
            _fill(dataset, draft, progress)
            draft.rename(folder)
    except OSError as error:
        raise DatasetError(f"{folder} cannot be written ({error.strerror or error}): choose another place.") from error


@contextlib.contextmanager
def _draft_of(folder: Path) -> Iterator[Path]:
    """An empty folder beside it, for one process at a time; what a kill left there is cleared."""
    draft = folder.with_name(f".{folder.name}.part")

    def is_ours(handle: int) -> bool:  # and was not given its name, or cleared, by whom we waited for
        return draft.is_dir() and draft.stat().st_ino == os.fstat(handle).st_ino

    while True:
        draft.mkdir(exist_ok=True)
        with locked(draft, make=False) as handle:
            if not is_ours(handle):
                continue
            try:
                for left in draft.iterdir():
                    left.unlink()
                yield draft
            finally:
                if is_ours(handle):
                    shutil.rmtree(draft, ignore_errors=True)
            return


def _fill(dataset: Dataset, draft: Path, progress: Progress | None) -> None:
    # Not memory-mapped: where the disk is full, that ends the process (SIGBUS) in place of telling it.
    with (draft / "images.npy").open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": dataset.images.shape}
        np.lib.format.write_array_header_1_0(file, header)
        done = 0
        for chunk in chunks(dataset.images):
            file.write(np.ascontiguousarray(chunk).data)
            done += len(chunk)
            if progress:
                progress(done, len(dataset))
    arrays: dict[str, NDArray[Any] | None] = {
        "labels": dataset.labels,
        "splits": dataset.splits,
        "votes": dataset.votes,
        "groups": dataset.groups,
        "source_file": dataset.sources.file,
        "source_line": dataset.sources.line,
    }
    for name, array in arrays.items():
        if array is not None:
            np.save(draft / f"{name}.npy", array, allow_pickle=False)
    description = {
        "format": _FORMAT,
        "version": _VERSION,
        "name": dataset.name,
        "classes": dataset.classes,
        "unit": dataset.sources.unit,
        "files": dataset.sources.files,
    }
    (draft / _DESCRIPTION).write_text(json.dumps(description), encoding="utf-8")
