"""A labelled dataset as every reader makes it and training, evaluation and export take it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError
from emotion_perception.core.labels import FER_PLUS, LABELS
from emotion_perception.training.images import Images, JoinedImages, chunks, select
from emotion_perception.training.sources import Sources

#: FER2013's splits. Readers of other data translate theirs; "" is a row that belongs to none.
SPLITS = ("Training", "PublicTest", "PrivateTest", "")


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """N labelled pictures of one size. Nothing is ever changed in place: every method returns a new dataset.

    images: (N, H, W) grey or (N, H, W, 3) RGB, uint8; an array, a memory-mapped one, or lazy (see ``images.Images``):
        index it with row numbers to get an array in memory.
    labels: (N,) uint8, index of ``classes``.
    splits: (N,) str, each one of SPLITS.
    classes: names, in the order of core.labels where they are ours.
    votes: (N, 10) int8, how many of FER+'s annotators chose each of core.labels.FER_PLUS; -1 where there are none.
    groups: (N,) str; rows of one group (the pictures of one person) stay together when a part is carved out; "" is
        a row alone.
    sources: where each row came from, for messages.
    name: of the dataset, for titles and messages.

    DatasetError if parts do not fit together, or if there is no row at all.
    """

    images: Images
    labels: NDArray[np.uint8]
    splits: NDArray[np.str_]
    classes: tuple[str, ...] = LABELS
    votes: NDArray[np.int8] | None = None
    groups: NDArray[np.str_] | None = None
    sources: Sources = field(default_factory=lambda: Sources.of_files(()))
    name: str = "dataset"

    def __post_init__(self) -> None:
        count = len(self.labels)
        if not len(self.sources):
            object.__setattr__(self, "sources", Sources.of_lines(self.name, np.arange(count)))
        if not count:
            raise DatasetError(f"{self.name}: no picture is left: look at what was skipped or left out, and why.")
        if self.images.dtype != np.uint8 or not (
            len(self.images.shape) == 3 or (len(self.images.shape) == 4 and self.images.shape[3] == 3)
        ):
            raise DatasetError(
                f"{self.name}: images of shape {self.images.shape} and type {self.images.dtype}: they have to be"
                " (N, H, W) or (N, H, W, 3) and uint8."
            )
        if 0 in self.images.shape:
            raise DatasetError(f"{self.name}: images of shape {self.images.shape} have no pixels.")
        groups = count if self.groups is None else len(self.groups)
        rows = {
            "images": len(self.images),
            "splits": len(self.splits),
            "sources": len(self.sources),
            "groups": groups,
        }
        for what, has in rows.items():
            if has != count:
                raise DatasetError(f"{self.name}: {has} {what} for {count} labels: there must be one for each.")
        if self.votes is not None and self.votes.shape != (count, len(FER_PLUS)):
            raise DatasetError(f"{self.name}: votes of shape {self.votes.shape}: they have to be ({count}, 10).")
        if int(self.labels.max()) >= len(self.classes):
            row = int(np.argmax(self.labels >= len(self.classes)))
            raise DatasetError(
                f"{self.sources[row]}: label {self.labels[row]} of {len(self.classes)} classes: give 0 to"
                f" {len(self.classes) - 1}."
            )
        if strange := set(np.unique(self.splits).tolist()) - set(SPLITS):
            raise DatasetError(
                f'{self.name}: there is no split "{min(strange)}": choose one of {", ".join(SPLITS[:3])}.'
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W) or (H, W, 3), of one picture."""
        return self.images.shape[1:]

    @property
    def split_names(self) -> tuple[str, ...]:
        """The splits that have rows, in the order of SPLITS."""
        present = set(np.unique(self.splits).tolist())
        return tuple(name for name in SPLITS if name in present)

    def counts(self) -> dict[str, int]:
        """Rows of each class."""
        counted = np.bincount(self.labels, minlength=len(self.classes))
        return dict(zip(self.classes, counted.tolist(), strict=True))

    def split(self, name: str) -> Dataset:
        """The rows of one split; DatasetError, naming those there are, if it has none."""
        if name not in self.split_names:
            present = ", ".join(split or "(no split)" for split in self.split_names)
            raise DatasetError(f'{self.name} has no split "{name}": it has {present}.')
        return self.subset(self.splits == name)

    def subset(self, rows: NDArray[np.bool_] | NDArray[np.integer] | Sequence[int]) -> Dataset:
        """The rows of a (N,) mask, or those with these numbers in their order; DatasetError if there are none."""
        chosen = np.asarray(rows)
        chosen = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen.astype(np.intp)
        return replace(
            self,
            images=select(self.images, chosen),
            labels=self.labels[chosen],
            splits=self.splits[chosen],
            votes=None if self.votes is None else self.votes[chosen],
            groups=None if self.groups is None else self.groups[chosen],
            sources=self.sources.select(chosen),
        )

    def fingerprints(self) -> NDArray[np.void]:
        """(N,) 16 bytes of each picture's pixels (BLAKE2b): equal exactly where pictures of one size are."""
        prints = [
            hashlib.blake2b(picture.tobytes(), digest_size=16).digest()
            for chunk in chunks(self.images)
            for picture in chunk
        ]
        return np.frombuffer(b"".join(prints), np.dtype("V16"))

    def without_duplicates_of(self, other: Dataset) -> Dataset:
        """Leave out every picture that, pixel by pixel, is also in ``other``; DatasetError if none is left."""
        known = set(other.fingerprints().tolist())
        return self.subset(np.array([mark not in known for mark in self.fingerprints().tolist()]))

    def in_memory(self) -> Dataset:
        """The same with all pictures in one array."""
        return replace(self, images=np.ascontiguousarray(self.images[:]))

    def digest(self) -> str:
        """SHA-256 (hex) of what can be learnt from: pixels, labels, splits, votes, groups, classes, in their order.

        Neither where the rows came from nor how they are kept changes it.
        """
        total = hashlib.sha256(json.dumps([self.classes, self.images.shape]).encode())
        for text in (self.splits, self.groups):
            total.update(b"-" if text is None else "\n".join(text.tolist()).encode())
        total.update(np.ascontiguousarray(self.labels).tobytes())
        total.update(b"-" if self.votes is None else np.ascontiguousarray(self.votes).tobytes())
        for chunk in chunks(self.images):
            total.update(np.ascontiguousarray(chunk).tobytes())
        return total.hexdigest()


def join(datasets: Sequence[Dataset], *, name: str) -> Dataset:
    """One dataset of several with the same classes and size, in their order; DatasetError if those differ."""
    first = datasets[0]
    for other in datasets[1:]:
        if other.classes != first.classes:
            raise DatasetError(
                f"{first.name} has {len(first.classes)} classes and {other.name} others: map them first."
            )
        if other.shape != first.shape:
            raise DatasetError(
                f"{first.name} has pictures of {first.shape}, {other.name} of {other.shape}: resize them."
            )
    votes = groups = None
    if any(part.votes is not None for part in datasets):
        none = [np.full((len(part), len(FER_PLUS)), -1, np.int8) for part in datasets]
        votes = np.concatenate([part.votes if part.votes is not None else none[i] for i, part in enumerate(datasets)])
    if any(part.groups is not None for part in datasets):
        groups = np.concatenate(
            [part.groups if part.groups is not None else np.full(len(part), "") for part in datasets]
        )
    return Dataset(
        images=JoinedImages(tuple(part.images for part in datasets)),
        labels=np.concatenate([part.labels for part in datasets]),
        splits=np.concatenate([part.splits for part in datasets]),
        classes=first.classes,
        votes=votes,
        groups=groups,
        sources=Sources.joined([part.sources for part in datasets]),
        name=name,
    )
