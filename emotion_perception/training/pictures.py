"""Reading one picture file that nobody vouches for, and cutting it to the size of a dataset."""

from __future__ import annotations

import stat
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

#: Pillow's names of what is read; formats that run other programs (EPS) or hold vectors are left out.
_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "PPM", "GIF")
_LARGEST_FILE = 1 << 27  # bytes
_LARGEST_PICTURE = 50_000_000  # pixels: 150 MB as RGB

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".gif"})


class RowError(Exception):
    """Why a picture cannot be used: short, without the file's name, so that equal faults can be counted."""


def read_picture(path: Path, *, shrink_to: int = 0) -> NDArray[np.uint8]:
    """Decode a picture: (H, W, 3) uint8 RGB, upright as its EXIF data says, transparency dropped, 16 bits cut to 8.

    shrink_to: a JPEG may come smaller, with sides of at least so many pixels (0: in full). RowError if the file is
    missing, no picture, truncated, or larger than a picture of faces has reason to be; that is found from the header.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise RowError(
            "there is no such file" if isinstance(error, FileNotFoundError) else "it is unreadable"
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise RowError("it is not a file")
    if status.st_size > _LARGEST_FILE:
        raise RowError(f"the file has more than {_LARGEST_FILE >> 20} MB")
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            if picture.width * picture.height > _LARGEST_PICTURE:
                raise RowError(f"it unpacks to more than {_LARGEST_PICTURE // 1_000_000} million pixels")
            if shrink_to:
                picture.draft("RGB", (shrink_to, shrink_to))
            return _as_rgb(ImageOps.exif_transpose(picture))
    except RowError:
        raise
    except Image.DecompressionBombError as error:
        raise RowError(f"it unpacks to more than {_LARGEST_PICTURE // 1_000_000} million pixels") from error
    except PermissionError as error:
        raise RowError("it is unreadable") from error
    except Exception as error:  # decoders meet hostile bytes with every kind of exception
        raise RowError("it is damaged, or no picture") from error


def fit(picture: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Cut the largest square out of the middle of a (H, W[, 3]) picture and resize it to (S, S) grey or (S, S, 3)."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    if square.ndim == 3 and len(shape) == 2:
        square = np.asarray(cv2.cvtColor(np.ascontiguousarray(square), cv2.COLOR_RGB2GRAY), np.uint8)
    elif square.ndim == 2 and len(shape) == 3:
        square = np.repeat(square[:, :, np.newaxis], 3, axis=2)
    if side == shape[0]:
        return np.ascontiguousarray(square)
    shrinks = side > shape[0]
    resized = cv2.resize(square, shape[1::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def _as_rgb(picture: Image.Image) -> NDArray[np.uint8]:
    if picture.mode.startswith("I"):  # Pillow's own conversion would cut off what is above 255
        values = np.asarray(picture)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise RowError("its values have more than 16 bits")
        return np.repeat((values >> 8).astype(np.uint8)[:, :, np.newaxis], 3, axis=2)
    if picture.mode == "F":
        raise RowError("its values are not whole numbers")
    return np.array(picture.convert("RGB"), np.uint8)
