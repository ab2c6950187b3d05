from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.training import augmentation
from emotion_perception.training.augmentation import Augmentation, draw


def applied(
    how: Augmentation, pictures: NDArray[np.uint8], seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    targets = np.eye(len(pictures), dtype=np.float32)
    drawn = draw(how, len(pictures), np.random.default_rng(seed))
    return tuple(np.asarray(one) for one in augmentation.apply(pictures, targets, drawn))  # type: ignore[return-value]


@pytest.fixture
def pictures() -> NDArray[np.uint8]:
    noise = np.random.default_rng(3).integers(0, 256, (6, 12, 12)).astype(np.uint8)
    return np.stack([cv2.resize(one, (48, 48), interpolation=cv2.INTER_CUBIC) for one in noise])[..., np.newaxis]


def test_nothing_asked_changes_nothing(pictures: NDArray[np.uint8]) -> None:
    pixels, targets = applied(Augmentation(), pictures)
    np.testing.assert_allclose(pixels, pictures, atol=1e-2)
    np.testing.assert_array_equal(targets, np.eye(6))


def test_mirroring(pictures: NDArray[np.uint8]) -> None:
    np.testing.assert_allclose(applied(Augmentation(flip=1.0), pictures)[0], pictures[:, :, ::-1], atol=1e-2)


def test_turning_moving_and_scaling_are_what_opencv_does(pictures: NDArray[np.uint8]) -> None:
    how = Augmentation(rotation=30, shift=0.2, scale=0.3)
    drawn = draw(how, 6, np.random.default_rng(5))
    pixels, _ = (np.asarray(one) for one in augmentation.apply(pictures, np.eye(6, dtype=np.float32), drawn))
    for picture, numbers, found in zip(pictures, drawn, pixels, strict=True):
        matrix = numbers[:6].reshape(2, 3).astype(np.float64)
        matrix[:, 2] = matrix[:, 2] * 48 + 23.5 - matrix[:, :2] @ (23.5, 23.5)
        wanted = cv2.warpAffine(
            picture.astype(np.float32), matrix, (48, 48), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        assert np.abs(found[..., 0] - wanted).mean() < 1.5  # OpenCV's places are multiples of 1/32 pixel


def test_mixing_keeps_the_targets_in_step(pictures: NDArray[np.uint8]) -> None:
    pixels, targets = applied(Augmentation(mixup=1.0), pictures)
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    wanted = np.einsum("nk,khwc->nhwc", targets, pictures.astype(np.float32))
    np.testing.assert_allclose(pixels, wanted, atol=0.05)
    assert (targets.max(axis=1) >= 0.5).all()
    assert (targets.max(axis=1) < 1).any()


def test_erasing_and_tone_stay_in_range(pictures: NDArray[np.uint8]) -> None:
    erased = applied(Augmentation(erasing=1.0), pictures)[0]
    share = (np.abs(erased - pictures) > 0.5).mean(axis=(1, 2, 3))
    assert (share > 0.005).all()
    assert (share < 0.3).all()
    toned = applied(Augmentation(contrast=1.0, brightness=0.5), pictures)[0]
    assert toned.min() >= 0
    assert toned.max() <= 255
    assert np.abs(toned - pictures).mean() > 5


def test_the_same_seed_draws_the_same_and_one_amount_leaves_the_others(pictures: NDArray[np.uint8]) -> None:
    how = Augmentation(flip=0.5, rotation=10, shift=0.1, scale=0.1, erasing=0.5, mixup=0.2)
    one, two = (draw(how, 6, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    unmixed = draw(replace(how, mixup=0.0), 6, np.random.default_rng(7))
    np.testing.assert_array_equal(unmixed[:, :13], one[:, :13])
