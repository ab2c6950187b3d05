from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.people import Consent, PeopleStore

EMBEDDER = "dlib_resnet"
DIMENSION = 128


@pytest.fixture
def consent() -> Consent:
    return Consent(1_790_000_000.25, "spoken, asked by the robot")


@pytest.fixture
def embed() -> Callable[..., NDArray[np.float32]]:
    """embed(3, seed=7) -> (3, 128) float32 of length 1, always the same."""

    def make(count: int = 2, *, seed: int = 0) -> NDArray[np.float32]:
        values = np.random.default_rng(seed).normal(size=(count, DIMENSION))
        return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)

    return make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory" / "people.db"


@pytest.fixture
def open_store(path: Path) -> Iterator[Callable[..., PeopleStore]]:
    """open_store() -> a store over `path`, closed at the end of the test; each call is a connection of its own."""
    opened: list[PeopleStore] = []

    def make(place: Path = path, *, embedder: str = EMBEDDER, dimension: int = DIMENSION) -> PeopleStore:
        opened.append(PeopleStore(place, embedder=embedder, dimension=dimension))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., PeopleStore]) -> PeopleStore:
    return open_store()
