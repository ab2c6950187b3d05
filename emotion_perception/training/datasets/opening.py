"""Opening a dataset of whatever form."""

from __future__ import annotations

from pathlib import Path

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.training.arrays import is_arrays, read_arrays
from emotion_perception.training.caching import cached
from emotion_perception.training.collecting import Progress, Reading
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.datasets.affectnet import CROPS, LISTS, is_affectnet, read_affectnet
from emotion_perception.training.datasets.fer2013 import is_fer2013, read_fer2013
from emotion_perception.training.datasets.ferplus import is_ferplus
from emotion_perception.training.datasets.folders import read_folders
from emotion_perception.training.datasets.npz import read_npz
from emotion_perception.training.resizing import resized
from emotion_perception.training.skipping import Report, Skipped, log_report

KINDS = ("npz", "arrays", "fer2013", "affectnet", "folders")
#: Kinds that are picture files, whose size is chosen when they are read.
_FILES = ("affectnet", "folders")
MEMORY = 4 << 30

_FER2013_FILES = ("fer2013.csv", "icml_face_data.csv")


def open_dataset(
    path: Path | str,
    *,
    kind: str = "",
    votes: Path | None = None,
    crop: str = "landmarks",
    size: int = 0,
    colour: bool | None = None,
    memory: int = MEMORY,
    cache: Path | None = None,
    workers: int = 2,
    report: Report = log_report,
    progress: Progress | None = None,
) -> Dataset:
    """Read the dataset at ``path``; what cannot be used is skipped and told to ``report``.

    kind: one of KINDS; "" looks at the files and guesses. votes: FER+'s csv, to go with FER2013's; found by itself
    beside it. crop: how AffectNet's faces are cut out, one of its CROPS. size: side of the pictures; 0 leaves them as
    they are, and picture files 48. colour: RGB or grey; None leaves arrays as they are, and picture files grey.
    memory: bytes that pictures may take before they stay where they are and are read at each access. cache: folder
    that keeps what was read as arrays, which a next time are mapped into memory. DatasetError,
    with the remedy, if there is no dataset, if it is damaged, or if no picture is left; ParameterError for an option
    out of its range.
    """
    if kind and kind not in KINDS:
        raise ParameterError(f'there is no dataset of kind "{kind}": choose one of {", ".join(KINDS)}.')
    if crop not in CROPS:
        raise ParameterError(f'faces cannot be cut out by "{crop}": choose one of {", ".join(CROPS)}.')
    if size and not 8 <= size <= 1024:
        raise ParameterError(f"pictures of {size} pixels are asked for: choose 8 to 1024, or 0 to leave them.")
    place = Path(path).expanduser()
    if not place.exists():
        raise DatasetError(f"{place} does not exist: give the dataset's file or folder.")
    kind = kind or kind_of(place)
    if votes and kind != "fer2013":
        raise ParameterError(f"{votes} belongs to FER2013's csv, and {place} is of kind {kind}: leave it out.")
    if kind == "fer2013":
        place = _find_fer2013(place)
        votes = votes or _find_votes(place)
    if cache is not None:
        options = (kind, _state(votes), crop, size, colour)
        watched = place.parent if kind == "affectnet" and place.is_file() else place  # a list's pictures lie beside it

        def read() -> Dataset:
            return open_dataset(
                place, kind=kind, votes=votes, crop=crop, size=size, colour=colour, memory=memory, workers=workers,
                report=report, progress=progress,
            )  # fmt: skip

        return cached(place, cache, options, read, watched=watched)
    skipped = Skipped(report)
    reading = Reading(size=size, colour=bool(colour), memory=memory, workers=workers, progress=progress)
    if kind == "npz":
        dataset = read_npz(place, memory=memory, skipped=skipped)
    elif kind == "arrays":
        dataset = read_arrays(place)
    elif kind == "fer2013":
        dataset = read_fer2013(place, votes=votes, reading=reading, skipped=skipped)
    elif kind == "affectnet":
        dataset = read_affectnet(place, crop=crop, reading=reading, skipped=skipped)
    else:
        dataset = read_folders(place, reading=reading, skipped=skipped)
    skipped.close()
    return resized(dataset, size or dataset.shape[0], colour=len(dataset.shape) == 3 if colour is None else colour)


def open_for(
    path: Path | str, *, size: int, channels: int, kind: str = "", progress: Progress | None = None
) -> Dataset:
    """Open a dataset for a network: picture files are cut to its size and colour, arrays and csv stay as they are.

    channels: 1 for grey, 3 for RGB. Errors as ``open_dataset``.
    """
    place = Path(path).expanduser()
    if place.exists() and (kind or kind_of(place)) in _FILES:
        return open_dataset(place, kind=kind, size=size, colour=channels == 3, progress=progress)
    return open_dataset(place, kind=kind, progress=progress)


def _state(file: Path | None) -> tuple[str, int, int] | None:
    if file is None or not file.is_file():
        return None
    status = file.stat()
    return str(file.resolve()), status.st_size, status.st_mtime_ns


def kind_of(place: Path) -> str:
    """Guess which of KINDS a file or folder is; DatasetError if it is none."""
    if place.is_dir():
        if is_arrays(place):
            return "arrays"
        if any((place / name).is_file() for name in LISTS):
            return "affectnet"
        return "fer2013" if any((place / name).is_file() for name in _FER2013_FILES) else "folders"
    if place.suffix.lower() == ".npz":
        return "npz"
    if place.suffix.lower() == ".csv":
        if is_fer2013(place):
            return "fer2013"
        if is_affectnet(place):
            return "affectnet"
        if is_ferplus(place):
            raise DatasetError(f"{place} has FER+'s votes and no pictures: give FER2013's csv, and this with --votes.")
    raise DatasetError(
        f"{place} is no dataset we know: give a .npz file, the csv of FER2013 or AffectNet, or a folder of pictures for"
        " each class."
    )


def _find_fer2013(place: Path) -> Path:
    found = [place / name for name in _FER2013_FILES if (place / name).is_file()] if place.is_dir() else [place]
    if not found:
        raise DatasetError(f"{place} has no {' or '.join(_FER2013_FILES)}: give the file itself.")
    return found[0]


def _find_votes(table: Path) -> Path | None:
    beside = table.with_name("fer2013new.csv")
    return beside if beside.is_file() and is_ferplus(beside) else None
