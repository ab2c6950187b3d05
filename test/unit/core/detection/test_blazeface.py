from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.detection.blazeface import VARIANTS, BlazeFace, anchors
from emotion_perception.core.errors import ModelError

Picture = Callable[[str], NDArray[np.uint8]]
Weight = Callable[[str], Path]

# By eye, on the picture: right eye, left eye, nose tip, mouth centre.
HAPPY = np.array([(190, 248), (318, 251), (245, 322), (247, 390)], np.float32)
EYE_DISTANCE = 128


@pytest.fixture(scope="module", params=VARIANTS)
def network(request: pytest.FixtureRequest, weight: Weight) -> BlazeFace:
    return BlazeFace(weight(request.param), VARIANTS[request.param])


@pytest.fixture(scope="module")
def full_range(weight: Weight) -> BlazeFace:
    return BlazeFace(weight("blazeface_full_range"), VARIANTS["blazeface_full_range"])


def whole(image: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    return 0, 0, image.shape[1], image.shape[0]


def test_anchors_lie_in_the_middle_of_their_cells_row_by_row() -> None:
    full = anchors(VARIANTS["blazeface_full_range"])
    assert full.shape == (48 * 48, 2)
    np.testing.assert_array_equal(full[[0, 1, 48, -1]], [(2, 2), (6, 2), (2, 6), (190, 190)])
    short = anchors(VARIANTS["blazeface_short"])
    assert short.shape == (16 * 16 * 2 + 8 * 8 * 6, 2)
    # Two anchors a cell of 8 pixels, then six a cell of 16.
    np.testing.assert_array_equal(short[[0, 1, 2, 512, 517, 518]], [(4, 4), (4, 4), (12, 4), (8, 8), (8, 8), (24, 8)])


def test_every_variant_finds_a_portrait_s_face_with_its_points(network: BlazeFace, picture: Picture) -> None:
    image = picture("happy_picture")
    found = network.look(image, whole(image), 0.5)
    assert len(found) == 1
    # Least sure is the tip of the nose.
    assert np.abs(found.points[0, :4] - HAPPY).max() < 0.2 * EYE_DISTANCE
    x0, y0, x1, y1 = found.boxes[0]
    assert x0 < 190 < 318 < x1
    assert y0 < 248 < 390 < y1
    assert 2.0 < (x1 - x0) / EYE_DISTANCE < 3.0


def test_coordinates_are_the_picture_s_wherever_the_region_lies(full_range: BlazeFace, picture: Picture) -> None:
    image = picture("happy_picture")
    alone = full_range.look(image, whole(image), 0.5)
    height, width = image.shape[:2]
    wide = np.zeros((height + 60, width * 3, 3), np.uint8)
    wide[30 : 30 + height, 700 : 700 + width] = image
    there = full_range.look(wide, (700, 30, 700 + width, 30 + height), 0.5)
    np.testing.assert_allclose(there.boxes, alone.boxes + np.array([700, 30, 700, 30], np.float32), atol=0.01)
    np.testing.assert_allclose(there.points, alone.points + np.array([700, 30], np.float32), atol=0.01)
    np.testing.assert_array_equal(there.scores, alone.scores)


@pytest.mark.parametrize("canvas", [(512, 1500), (1500, 512)])
def test_the_aspect_ratio_is_kept(canvas: tuple[int, int], full_range: BlazeFace, picture: Picture) -> None:
    image = picture("happy_picture")
    long = np.full((*canvas, 3), 90, np.uint8)
    long[:512, :512] = image
    found = full_range.look(long, whole(long), 0.5)
    assert len(found) == 1
    assert np.abs(found.points[0, :4] - HAPPY).max() < 0.12 * EYE_DISTANCE
    width, height = found.boxes[0, 2:] - found.boxes[0, :2]
    assert width == pytest.approx(height, rel=0.05)


def test_what_a_look_before_left_in_the_buffers_is_not_seen(full_range: BlazeFace, picture: Picture) -> None:
    image = picture("happy_picture")
    flat = np.zeros((120, 640, 3), np.uint8)
    clean = full_range.look(flat, whole(flat), 0.01)
    full_range.look(image, whole(image), 0.5)
    again = full_range.look(flat, whole(flat), 0.01)
    np.testing.assert_array_equal(clean.scores, again.scores)


def test_any_memory_layout_gives_the_same(full_range: BlazeFace, picture: Picture) -> None:
    image = picture("happy_picture")
    expected = full_range.look(image, whole(image), 0.5)
    read_only = image.copy()
    read_only.flags.writeable = False
    views = [np.asfortranarray(image), image[:, ::-1].copy()[:, ::-1], read_only]
    for view in views:
        np.testing.assert_array_equal(full_range.look(view, whole(view), 0.5).boxes, expected.boxes)


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (2, 3)])
def test_tiny_and_thin_pictures_hold_no_face(size: tuple[int, int], network: BlazeFace) -> None:
    image = np.full((*size, 3), 128, np.uint8)
    assert len(network.look(image, whole(image), 0.5)) == 0


class Broken:
    """A network whose outputs are not all finite."""

    def __init__(self, offsets: NDArray[np.float32], logits: NDArray[np.float32]) -> None:
        self.outputs = [offsets, logits]

    def run(self, *_: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return self.outputs


def test_what_is_not_finite_is_no_face(weight: Weight, monkeypatch: pytest.MonkeyPatch) -> None:
    network = BlazeFace(weight("blazeface_full_range"), VARIANTS["blazeface_full_range"])
    offsets = np.zeros((1, 2304, 16), np.float32)
    offsets[..., 2:4] = 20
    logits = np.full((1, 2304, 1), -9, np.float32)
    logits[0, :6, 0] = [np.nan, np.inf, -np.inf, 3, 3, 3]
    offsets[0, 3, 0], offsets[0, 4, 7], offsets[0, 5, 2] = np.nan, np.inf, -20
    monkeypatch.setattr(network, "_network", Broken(offsets, logits))
    image = np.zeros((192, 192, 3), np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = network.look(image, whole(image), 0.5)
        # Only the endless score is left: a face of 20 pixels around the second anchor.
        np.testing.assert_allclose(found.boxes, [(-4, -8, 16, 12)])
        np.testing.assert_allclose(found.scores, [1])
        offsets[:], logits[:] = np.nan, np.nan
        assert len(network.look(image, whole(image), 0.5)) == 0


def test_other_weights_are_refused(weight: Weight, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"takes .* give the backend its own weights"):
        BlazeFace(weight("blazeface_full_range"), VARIANTS["blazeface_back"])
    with pytest.raises(ModelError, match="fer_mini_xception"):
        BlazeFace(weight("fer_mini_xception"), VARIANTS["blazeface_full_range"])
    whole_file = weight("blazeface_full_range").read_bytes()
    (tmp_path / "cut.tflite").write_bytes(whole_file[: len(whole_file) // 2])
    with pytest.raises(ModelError, match=r"cut\.tflite is damaged"):
        BlazeFace(tmp_path / "cut.tflite", VARIANTS["blazeface_full_range"])


def test_equal_pictures_give_equal_bits(full_range: BlazeFace, picture: Picture) -> None:
    image = cv2.resize(picture("group_picture"), (640, 427))
    first, second = (full_range.look(image, whole(image), 0.1) for _ in range(2))
    np.testing.assert_array_equal(first.boxes, second.boxes)
    np.testing.assert_array_equal(first.points, second.points)
