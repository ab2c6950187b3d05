"""A dataset as a folder of NumPy arrays: opened in no time, pictures mapped into memory, and of any size."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError
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
    draft = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        images = np.lib.format.open_memmap(draft / "images.npy", "w+", np.uint8, dataset.images.shape)
        done = 0
        for chunk in chunks(dataset.images):
            images[done : done + len(chunk)] = chunk
            done += len(chunk)
            if progress:
                progress(done, len(dataset))
        images.flush()
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
        draft.chmod(0o777 & ~_umask())
        draft.rename(folder)
    except OSError as error:
        raise DatasetError(f"{folder} cannot be written ({error.strerror}): choose another place.") from error
    finally:
        if draft:
            shutil.rmtree(draft, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
