"""Unpacks a bag whose files are compressed as a whole (`ros2 bag record --compression-mode file`)."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from backports import zstd

from emotion_perception.bags.metadata import METADATA, dumped
from emotion_perception.core import paths
from emotion_perception.core.errors import BagError

_INFORMATION = "rosbag2_bagfile_information"


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Yield the bag itself, or, of one with compressed files, a folder with the same bag unpacked; it is removed after.

    A bag holds pictures of people: the folder is readable by its owner alone, and lies beside the bag, or in the cache
    folder where nobody may write beside it. Raises BagError when the disk has no room, or a file is damaged.
    """
    information = _compressed(path)
    if information is None:
        yield path
        return
    with _private_folder(path) as scratch:
        folder = Path(scratch, path.name)
        try:
            folder.mkdir()
            for file in _files(information, path):
                _unpack(file, folder / file.stem)
            (folder / METADATA).write_text(dumped({_INFORMATION: _described(information)}), encoding="utf-8")
        except zstd.ZstdError as error:
            raise BagError(f"{path} is damaged ({error}): copy it again from where it was recorded") from error
        except OSError as error:
            remedy = (
                "free some space there" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "copy the bag elsewhere"
            )
            raise BagError(
                f"{path} is compressed and cannot be unpacked in {folder.parent.parent} ({error.strerror}): {remedy}"
            ) from error
        yield folder


def _compressed(path: Path) -> dict[str, Any] | None:
    """Return what metadata.yaml says of a bag with compressed files; None of any other, damaged ones included."""
    try:
        information = yaml.safe_load((path / METADATA).read_text(encoding="utf-8"))[_INFORMATION]
        if information["compression_mode"].lower() == "file" and information["compression_format"] == "zstd":
            return information if all(file.is_file() for file in _files(information, path)) else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        pass  # the reader says what is wrong with it
    return None


def _files(information: dict[str, Any], path: Path) -> list[Path]:
    return [path / Path(name).name for name in information["relative_file_paths"]]


def _private_folder(path: Path) -> tempfile.TemporaryDirectory[str]:
    """Return a folder (mode 0700) on the disk of the bag, or in the cache."""
    prefix = f".{path.name}_unpacked_"
    try:
        return tempfile.TemporaryDirectory(prefix=prefix, dir=path.resolve().parent)
    except OSError:
        pass
    try:
        paths.cache_dir().mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=prefix, dir=paths.cache_dir())
    except OSError as error:
        raise BagError(
            f"{path} is compressed, and neither beside it nor in {paths.cache_dir()} can it be unpacked "
            f"({error.strerror}): copy the bag to where you may write"
        ) from error


def _unpack(source: Path, target: Path) -> None:
    with source.open("rb") as packed, zstd.open(packed, "rb") as content, target.open("wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)


def _described(information: dict[str, Any]) -> dict[str, Any]:
    """Return the information for files that are not compressed."""
    files = [each | {"path": Path(each["path"]).stem} for each in information.get("files") or ()]
    names = [Path(name).stem for name in information["relative_file_paths"]]
    plain = {"compression_format": "", "compression_mode": "", "relative_file_paths": names, "files": files}
    return information | plain
