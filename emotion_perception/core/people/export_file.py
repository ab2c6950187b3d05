"""People in one JSON file, to take them to another robot or keep a copy.

    {"format": "emotion_perception people", "version": 1, "embedder": "...", "dimension": 128, "people": [
      {"id": UUID, "name": "...", "language": "...", "consent": {"given_at": seconds, "note": "..."},
       "first_seen": seconds, "last_seen": seconds, "retention_days": days or null,
       "embeddings": [base64 of `dimension` little-endian float32, ...]}, ...]}

Times are Unix times. A version is raised when an older reader would misunderstand the file.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people.person import Consent
from emotion_perception.core.people.record import Record

_FORMAT = "emotion_perception people"
_VERSION = 1
_LARGEST = 1 << 28  # bytes: 70,000 people with 5 embeddings of 128 numbers
_LARGEST_DIMENSION = 1 << 14
_LARGEST_WHOLE = 1 << 53  # what a float holds exactly
_EMBEDDER = re.compile(r"[\w.:+-]{1,100}", re.ASCII)
_EMBEDDING_TYPE = np.dtype("<f4")
_MISSING = object()


@dataclass(frozen=True)
class Export:
    """What a file holds. dimension: of the embeddings that ``embedder`` made."""

    embedder: str
    dimension: int
    people: tuple[Record, ...]


def write(path: Path, export: Export) -> None:
    """Write a file with mode 0600, wholly or not at all; PeopleError if there is one already or it cannot be made."""
    if path.exists():
        raise PeopleError(f"{path} is there already: delete it, or give another name.")
    document = {"format": _FORMAT, "version": _VERSION, "embedder": export.embedder, "dimension": export.dimension}
    content = json.dumps(document | {"people": [_entry(record) for record in export.people]}, ensure_ascii=False)
    try:
        descriptor, draft = tempfile.mkstemp(prefix=".export-", dir=path.parent)  # mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).rename(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(draft).unlink()
            raise
    except OSError as error:
        raise PeopleError(
            f"{path} cannot be written ({error.strerror}): give a file in a folder of yours with space left."
        ) from error


def read(path: Path) -> Export:
    """Read a file and check every value of it; PeopleError, naming what is wrong, unless all can be kept."""
    try:
        if not path.is_file():
            raise PeopleError(f"{path} is not a file: give one that `emotion-perception people export` wrote.")
        if (size := path.stat().st_size) > _LARGEST:
            raise PeopleError(f"{path} has {size >> 20} MB: an export has at most {_LARGEST >> 20}.")
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise PeopleError(f"{path} cannot be read ({error.strerror}): give yourself permission to.") from error
    except (ValueError, RecursionError) as error:
        raise PeopleError(f"{path} is not JSON, or only part of it: export the people again.") from error
    try:
        return _export(document)
    except PeopleError as error:
        raise PeopleError(f"{path}: {error}") from error


def _export(document: Any) -> Export:
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise PeopleError("this is no export of people: give a file that `emotion-perception people export` wrote.")
    version = _get(document, "version", int)
    if version != _VERSION:
        raise PeopleError(f"its version is {version} and this program reads {_VERSION}: update emotion_perception.")
    embedder, dimension = _get(document, "embedder", str), _get(document, "dimension", int)
    if not (_EMBEDDER.fullmatch(embedder) and 1 <= dimension <= _LARGEST_DIMENSION):
        raise PeopleError("its embedder is not one: export the people again.")
    records: dict[str, Record] = {}
    for index, entry in enumerate(_get(document, "people", list)):
        try:
            record = _record(entry, dimension)
        except PeopleError as error:
            raise PeopleError(f"person {index + 1}: {error}") from error
        if record.id in records:
            raise PeopleError(f"person {index + 1}: the UUID {record.id} is there twice: export the people again.")
        records[record.id] = record
    return Export(embedder, dimension, tuple(records.values()))


def _record(entry: Any, dimension: int) -> Record:
    consent = _get(entry, "consent", dict)
    values = [_embedding(text, dimension) for text in _get(entry, "embeddings", list)]
    return Record(
        id=_get(entry, "id", str),
        name=_get(entry, "name", str),
        language=_get(entry, "language", str),
        consent=Consent(_get(consent, "given_at", float), _get(consent, "note", str)),
        first_seen=_get(entry, "first_seen", float),
        last_seen=_get(entry, "last_seen", float),
        retention_days=_get(entry, "retention_days", float) if entry.get("retention_days") is not None else None,
        embeddings=np.array(values, np.float32).reshape(-1, dimension),
    )


def _entry(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "language": record.language,
        "consent": {"given_at": record.consent.given_at, "note": record.consent.note},
        "first_seen": record.first_seen,
        "last_seen": record.last_seen,
        "retention_days": record.retention_days,
        "embeddings": [
            base64.b64encode(value.tobytes()).decode() for value in record.embeddings.astype(_EMBEDDING_TYPE)
        ],
    }


def _embedding(text: Any, dimension: int) -> Any:
    try:
        content = base64.b64decode(text, validate=True)
    except (TypeError, ValueError) as error:
        raise PeopleError("an embedding is not base64: export the people again.") from error
    if len(content) != dimension * _EMBEDDING_TYPE.itemsize:
        raise PeopleError(f"an embedding does not have {dimension} numbers: export the people again.")
    return np.frombuffer(content, _EMBEDDING_TYPE)


def _get(entry: Any, key: str, kind: type) -> Any:
    """Return a value of ``kind``, as a float any number; PeopleError names the key otherwise."""
    value = entry.get(key, _MISSING) if isinstance(entry, dict) else _MISSING
    if kind is float and type(value) is int:
        value = float(value) if abs(value) < _LARGEST_WHOLE else math.inf
    if not isinstance(value, kind) or isinstance(value, bool):
        raise PeopleError(f'"{key}" is missing or of the wrong kind: export the people again.')
    return value
