"""Batches, and what of the dataset is in memory for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from emotion_perception.training.architectures.registry import Input
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.fitting import fitted
from emotion_perception.training.images import LazyImages
from emotion_perception.training.recipes import Recipe


class Watched(LazyImages):
    """Notes how many bytes each access brought."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.brought: list[int] = []

    def __getitem__(self, rows: Any) -> Any:
        found = super().__getitem__(rows)
        self.brought.append(found.nbytes)
        return found


def test_pictures_larger_than_the_network_takes_are_read_in_portions() -> None:
    from emotion_perception.training.feed import Feed

    pictures = np.random.default_rng(0).integers(0, 255, (90, 480, 480), np.uint8)
    images = Watched(lambda row: pictures[row], pictures.shape)
    dataset = Dataset(images=images, labels=np.zeros(90, np.uint8), splits=np.full(90, "Training"))
    feed = Feed(dataset, np.ones((90, 7), np.float32), Recipe(batch=30), Input(48, 1))
    assert max(images.brought) < pictures.nbytes / 3
    shown = np.concatenate([batch[0] for batch in feed.epoch(0)])
    means = [np.sort(each.mean(axis=(1, 2, 3))) for each in (shown, fitted(pictures, Input(48, 1)))]
    assert means[0] == pytest.approx(means[1])
