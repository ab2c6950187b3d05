"""Everybody's embeddings in memory, and how far a new one is from each person."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people.person import Person


@dataclass(frozen=True, eq=False)
class Gallery:
    """A snapshot of a PeopleStore.

    embeddings: (N, D) float32. owners: (N,) intp, ascending: the index in ``people`` of each embedding's person;
    everybody has at least one.
    """

    people: tuple[Person, ...]
    embeddings: NDArray[np.float32]
    owners: NDArray[np.intp]

    def __post_init__(self) -> None:
        steps = np.diff(self.owners, prepend=-1)
        if self.embeddings.shape[:1] != self.owners.shape or steps.sum() != len(self.people):
            raise ValueError("embeddings, owners and people do not belong together")
        if not np.isin(steps, (0, 1)).all():
            raise ValueError("owners must ascend and leave nobody out")

    @classmethod
    def empty(cls, dimension: int) -> Gallery:
        """Nobody, for embeddings of ``dimension`` numbers."""
        return cls((), np.empty((0, dimension), np.float32), np.empty(0, np.intp))

    def distances(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        """Smallest Euclidean distance of ``embedding``, (D,), to each person's: (len(people),) float32.

        |a - b|^2 = |a|^2 - 2ab + |b|^2, which reads the embeddings once; rounding leaves up to about a thousandth of an
        embedding's length between equal ones, and less than a millionth at the distances that matter.
        """
        if embedding.shape != self.embeddings.shape[1:]:
            raise PeopleError(
                f"an embedding of shape {embedding.shape} cannot be compared with {self.embeddings.shape[1]} numbers:"
                " use the embedder that the people were enrolled with."
            )
        if not self.people:
            return np.empty(0, np.float32)
        sought = embedding.astype(np.float32)
        # einsum and not BLAS, which would share this out to threads and wait for the slowest on a busy robot.
        squares = self._squares - 2 * np.einsum("ij,j->i", self.embeddings, sought)
        nearest = np.minimum.reduceat(squares, self._starts) + sought @ sought
        return np.sqrt(np.maximum(nearest, 0)).astype(np.float32)

    def without(self, person_id: str) -> Gallery:
        """Return everybody but one person."""
        gone = next((index for index, person in enumerate(self.people) if person.id == person_id), None)
        if gone is None:
            return self
        kept = self.owners != gone
        owners = self.owners[kept] - (self.owners[kept] > gone)
        return Gallery(self.people[:gone] + self.people[gone + 1 :], self.embeddings[kept], owners)

    def by_person(self) -> list[NDArray[np.float32]]:
        """Each person's embeddings, (n, D), in the order of ``people``."""
        return np.split(self.embeddings, self._starts[1:]) if self.people else []

    @functools.cached_property
    def _squares(self) -> NDArray[np.float32]:
        """(N,) squared length of each embedding."""
        return np.einsum("ij,ij->i", self.embeddings, self.embeddings)

    @functools.cached_property
    def _starts(self) -> NDArray[np.intp]:
        """(len(people),) index of each person's first embedding."""
        return np.searchsorted(self.owners, np.arange(len(self.people)))
