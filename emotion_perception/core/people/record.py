"""Everything that is kept about one person: what enrolment makes, the database holds and an export carries."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people.person import (
    Consent,
    Person,
    checked_language,
    checked_name,
    checked_retention,
    checked_time,
    expiry,
    shown,
)

_MOST_EMBEDDINGS = 100


@dataclass(frozen=True, eq=False)
class Record:
    """One person with embeddings, (n, D) float32; the rest as in Person. PeopleError if any value cannot be one."""

    id: str
    name: str
    language: str
    consent: Consent
    first_seen: float
    last_seen: float
    retention_days: float | None
    embeddings: NDArray[np.float32]

    def __post_init__(self) -> None:
        if not _is_uuid(self.id):
            raise PeopleError(f'"{shown(self.id)}" is not the UUID of a person: leave those of an export as they are.')
        object.__setattr__(self, "name", checked_name(self.name))
        checked_language(self.language)
        object.__setattr__(self, "first_seen", checked_time("first_seen", self.first_seen))
        object.__setattr__(self, "last_seen", checked_time("last_seen", self.last_seen))
        if self.last_seen < self.first_seen:
            raise PeopleError(f"last_seen is {self.last_seen}, before first_seen ({self.first_seen}): correct one.")
        object.__setattr__(self, "retention_days", checked_retention(self.retention_days))
        object.__setattr__(self, "embeddings", _checked_embeddings(self.embeddings))

    @property
    def person(self) -> Person:
        """The same without biometric data."""
        return Person(
            id=self.id,
            name=self.name,
            language=self.language,
            consent=self.consent,
            first_seen=self.first_seen,
            last_seen=self.last_seen,
            expires=expiry(self.last_seen, self.retention_days),
            embeddings=len(self.embeddings),
        )


def _checked_embeddings(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return embeddings as contiguous (n, D) float32; PeopleError unless there are 1 to 100 and all are finite."""
    if embeddings.ndim != 2 or not 1 <= len(embeddings) <= _MOST_EMBEDDINGS:
        raise PeopleError(
            f"embeddings of shape {embeddings.shape} cannot be kept: give 1 to {_MOST_EMBEDDINGS} rows of one each."
        )
    values = np.ascontiguousarray(embeddings, np.float32)
    if not np.isfinite(values).all():
        raise PeopleError("an embedding holds a number that is not finite: make it again from a good picture.")
    return values


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
