"""Somebody to look for: with nobody enrolled, face_identity has nobody to compare a face with and rests."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from emotion_perception.core.identity.embedder import DEFAULT_EMBEDDER, embedder_class
from emotion_perception.core.people.person import Consent
from emotion_perception.core.people.store import PeopleStore

_EMBEDDINGS = 5


def enrol_nobody(path: Path) -> None:
    """Make a people store with one entry of random embeddings of length 1, which resemble no face."""
    path.parent.mkdir(parents=True, exist_ok=True)
    embedder = embedder_class(DEFAULT_EMBEDDER)
    numbers = np.random.default_rng(1).normal(size=(_EMBEDDINGS, embedder.dimension)).astype(np.float32)
    with PeopleStore(path, embedder=DEFAULT_EMBEDDER, dimension=embedder.dimension) as store:
        store.enroll(
            "nobody",
            numbers / np.linalg.norm(numbers, axis=1, keepdims=True),
            consent=Consent(time.time(), "random numbers of a benchmark"),
        )
