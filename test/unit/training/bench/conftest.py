from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emotion_perception.training.backend import load_keras


@pytest.fixture(scope="session", autouse=True)
def keras(train_extra: None) -> object:
    """Loaded as the commands load it, before a test imports it."""
    return load_keras()


@pytest.fixture(scope="session")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """154 pictures to learn from and 21 to test on: noise with a bright bar whose height is the class."""
    generator = np.random.default_rng(0)
    labels = np.tile(np.arange(7), 25).astype(np.uint8)
    images = generator.integers(0, 90, (len(labels), 48, 48)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[label * 6 : label * 6 + 8] += 120
    path = tmp_path_factory.mktemp("data") / "bars.npz"
    np.savez(path, images=images, labels=labels, usage=np.repeat(["Training", "PublicTest"], [154, 21]))
    return path
