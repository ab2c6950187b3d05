"""Pictures as a camera might see them, around the tight squares that datasets of faces hold.

FER2013's squares end at the forehead and the chin, and no detector for cameras finds a face in one that is pasted on a
wall. So the square becomes the face of a person: hair, neck and shoulders are drawn in plain tones; the square's border
fades out into them; its own pixels stay as they are. A grey square takes the tint of skin in warm light, of the same
grey. Where and how large the face is, is drawn at random within what a robot that talks to somebody sees.

The drawing was chosen on 300 to 700 pictures of FER2013's Training by blazeface_full_range's recall at 640x480 and the
robot's threshold, on faces of 160 pixels: pasted on a photo 6 to 20 % (square soft at its border or not), on plain grey
37 to 45 %, its border drawn outwards 53 % (with the tint 66 %), with hair, neck and shoulders 95 % (with the tint
98 %), the same with a border that fades out slowly 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 480
#: Side of the face's square, pixels: with FER2013's framing and a camera that sees 60 degrees, 1.2 to 0.5 m away.
SMALLEST, LARGEST = 80, 180
#: Room that head and shoulders take to each side of the square's middle, in parts of its side.
_ROOM_X, _ROOM_ABOVE, _ROOM_BELOW = 0.65, 0.85, 0.75
_WALL, _CLOTHES, _HAIR = 190.0, 70.0, 50.0  # grey values
_NECK = 0.85  # of the skin's grey value
_FADE = 0.1  # of the side: distance from the square at which 1/e of its border is left
_REACH = 0.5  # of the side: how far the border is drawn outwards
_SKIN_TINT = np.array((0.84, 0.95, 1.15), np.float32)  # blue, green, red; grey by ITU-R BT.601 stays within 0.3 %


@dataclass(frozen=True)
class Place:
    """Where a face is: the middle of its square and the square's side, pixels."""

    x: int
    y: int
    side: int


def draw_place(generator: np.random.Generator) -> Place:
    """Choose a place at which head and neck are inside the picture."""
    side = int(generator.integers(SMALLEST, LARGEST + 1))
    x = int(generator.integers(round(_ROOM_X * side), WIDTH - round(_ROOM_X * side)))
    y = int(generator.integers(round(_ROOM_ABOVE * side), HEIGHT - round(_ROOM_BELOW * side)))
    return Place(x, y, side)


def render(face: NDArray[np.uint8], place: Place) -> NDArray[np.uint8]:
    """Draw a person with this face, (H, W) grey or (H, W, 3) bgr uint8; return (HEIGHT, WIDTH, 3) uint8 bgr."""
    side = place.side
    shrinks = side < face.shape[0]
    square = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    person = _person(float(np.median(_middle(face))), place)
    if face.ndim == 3:
        person = np.repeat(person[..., np.newaxis], 3, axis=2)
    _fade_in(person, square.astype(np.float32), place)
    if face.ndim == 2:
        person = person[..., np.newaxis] * _SKIN_TINT
    return np.clip(np.rint(person), 0, 255).astype(np.uint8)


def _middle(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cheeks and nose, where most is skin."""
    height, width = face.shape[:2]
    return face[height * 5 // 12 : height * 5 // 6, width // 6 : width * 5 // 6]


def _person(skin: float, place: Place) -> NDArray[np.float32]:
    """Grey shapes in front of a wall: shoulders, hair, neck and, where the square will be, a head."""
    canvas = np.full((HEIGHT, WIDTH), _WALL, np.float32)
    x, y, side = place.x, place.y, place.side

    def ellipse(below: float, width: float, height: float, tone: float) -> None:
        axes = round(width * side), round(height * side)
        cv2.ellipse(canvas, (x, round(y + below * side)), axes, 0, 0, 360, tone, cv2.FILLED, cv2.LINE_AA)

    ellipse(1.45, 1.1, 0.75, _CLOTHES)
    neck = round(0.25 * side)
    cv2.rectangle(canvas, (x - neck, y), (x + neck, round(y + 0.85 * side)), _NECK * skin, cv2.FILLED)
    ellipse(-0.1, 0.56, 0.72, _HAIR)
    ellipse(0.02, 0.47, 0.62, skin)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), side / 40), np.float32)


def _fade_in(canvas: NDArray[np.float32], square: NDArray[np.float32], place: Place) -> None:
    """Put the square into the canvas; beside it, its border drawn outwards and blurred fades out."""
    side, reach = place.side, round(_REACH * place.side)
    inside = slice(reach, reach + side)
    wide = cv2.copyMakeBorder(square, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    wide = cv2.GaussianBlur(wide, (0, 0), side / 16)
    wide[inside, inside] = square
    outside = np.ones(wide.shape[:2], np.uint8)
    outside[inside, inside] = 0
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_5)
    opacity = np.exp(-((distance / (_FADE * side)) ** 2))
    if square.ndim == 3:
        opacity = opacity[..., np.newaxis]
    left, top = place.x - side // 2 - reach, place.y - side // 2 - reach
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(WIDTH, left + len(wide)), min(HEIGHT, top + len(wide))
    part = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
    there = canvas[y0:y1, x0:x1]
    there += opacity[part] * (wide[part] - there)
