"""Clips with a known number of faces at known places, made from the pictures that the manifest lists."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core import weights
from emotion_perception.core.detection import create_detector
from emotion_perception.core.errors import ImageError, ParameterError
from emotion_perception.core.report.mp4 import Mp4Writer

#: Frames of a clip and frames per second; the faces are back where they began at its end, so it can loop.
FRAMES, RATE = 90, 30.0
#: Ten people, in the order in which they enter.
_PICTURES = (
    "single_face_picture",
    "happy_picture",
    "group_picture",
    "surprise_picture",
    "angry_picture",
    "turned_picture",
)
MOST_FACES = 10
_BACKGROUND = "no_face_picture"
_HEAD = 320  # side of a head's picture, of which the face is the middle half
_LARGEST_FACE = 0.33  # of the picture's height
_SWAY = 0.12  # how far a face moves to either side, in parts of its size


@dataclass(frozen=True)
class Scene:
    """A number of faces in a picture of that size."""

    faces: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if not 0 <= self.faces <= MOST_FACES:
            raise ParameterError(f"a scene of {self.faces} faces cannot be made: give 0 to {MOST_FACES}")

    @property
    def size(self) -> str:
        """As "640x480"."""
        return f"{self.width}x{self.height}"

    @property
    def name(self) -> str:
        """As "640x480-4"."""
        return f"{self.size}-{self.faces}"


def render(scene: Scene) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """Draw the FRAMES pictures, (H, W, 3) bgr8, each with the boxes (N, 4) of its faces, x0 y0 x1 y1 in pixels.

    The faces stand in a grid in front of a still picture and sway, each at its own pace. ModelError if a picture has
    not been pulled.
    """
    background = cv2.resize(_read(_BACKGROUND), (scene.width, scene.height), interpolation=cv2.INTER_AREA)
    columns = math.ceil(math.sqrt(scene.faces * scene.width / scene.height / 1.3)) if scene.faces else 1
    rows = max(1, math.ceil(scene.faces / columns))
    cell = scene.width / columns, scene.height / rows
    face = min(_LARGEST_FACE * scene.height, *(side / 2.2 for side in cell))
    heads = [_scaled(head, round(2 * face)) for head in _heads()[: scene.faces]]
    for number in range(FRAMES):
        image, boxes = background.copy(), []
        for index, (head, opacity) in enumerate(heads):
            turn = 2 * math.pi * (number / FRAMES * (1 + index % 2) + index / MOST_FACES)
            x = (index % columns + 0.5) * cell[0] + _SWAY * face * math.sin(turn)
            y = (index // columns + 0.5) * cell[1] + 0.3 * _SWAY * face * math.cos(turn)
            boxes.append(_paste(image, head, opacity, x, y))
        yield image, np.array(boxes, np.float32).reshape(-1, 4)


def write_clip(scene: Scene, path: Path) -> None:
    """Write the scene as an H.264 video of RATE frames per second."""
    writer = Mp4Writer(path)
    for number, (image, _) in enumerate(render(scene)):
        writer.add(image, round(number / RATE * 1e9))
    writer.close()


@cache
def _heads() -> list[NDArray[np.uint8]]:
    """Heads with what is around them, (_HEAD, _HEAD, 3), found once by our own detector."""
    detector = create_detector()
    heads = []
    for name in _PICTURES:
        picture = _read(name)
        for found in sorted(detector.detect(picture), key=lambda each: float(each.box[0])):
            x, y = (float(value) for value in found.centre)
            side = round(2 * max(found.width, found.height))
            heads.append(_scaled_picture(cv2.getRectSubPix(picture, (side, side), (x, y)), _HEAD))
    assert len(heads) >= MOST_FACES
    return heads


def _read(name: str) -> NDArray[np.uint8]:
    picture = cv2.imread(str(weights.locate(name)))
    if picture is None:
        raise ImageError(f"{name} cannot be decoded: run `emotion-perception models verify {name}`")
    return np.asarray(picture, np.uint8)


def _scaled(head: NDArray[np.uint8], side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The head as (side, side, 3) and its opacity (side, side, 1), 0..1, which fades out beside the face."""
    opacity = np.zeros((side, side), np.float32)
    border = max(1, side // 10)
    opacity[border:-border, border:-border] = 1
    soft = cv2.GaussianBlur(opacity, (0, 0), border / 2.5)
    return _scaled_picture(head, side).astype(np.float32), soft[..., None]


def _scaled_picture(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    shrinks = picture.shape[0] > side
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (side, side), interpolation=interpolation), np.uint8)


def _paste(
    image: NDArray[np.uint8], head: NDArray[np.float32], opacity: NDArray[np.float32], x: float, y: float
) -> tuple[float, float, float, float]:
    """Blend a head into the picture around (x, y); what lies outside is cut. Returns the box of its face."""
    side = len(head)
    left, top = round(x - side / 2), round(y - side / 2)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(image.shape[1], left + side), min(image.shape[0], top + side)
    inner = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
    patch = image[y0:y1, x0:x1]
    patch[:] = np.rint(patch + opacity[inner] * (head[inner] - patch))
    return left + side / 4, top + side / 4, left + 3 * side / 4, top + 3 * side / 4
