"""Pictures of a bag on their way into the graph: their stamp, and the other of the two forms, raw and compressed."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image

from emotion_perception.bags.topic import COMPRESSED_IMAGE, IMAGE
from emotion_perception.core.errors import ImageError
from emotion_perception.ros.images import bgr_to_compressed, bgr_to_image, compressed_to_bgr, image_to_bgr

_QUALITY = 90  # of JPEG made of raw images


def stamp_of(data: bytes) -> int:
    """Return the stamp, nanoseconds, of a serialized message that begins with a std_msgs/Header.

    CDR: four bytes of encapsulation, of which the second tells the byte order, then sec and nanosec.
    """
    try:
        sec, nanosec = struct.unpack_from("<iI" if data[1] == 1 else ">iI", data, 4)
    except (struct.error, IndexError) as error:
        raise ImageError(f"an image of {len(data)} bytes holds no header: the bag is damaged") from error
    return int(sec) * 1_000_000_000 + int(nanosec)


def picture_of(data: bytes, kind: str) -> tuple[NDArray[np.uint8], Any]:
    """Return the picture, (H, W, 3) bgr8, and the header of a serialized Image or CompressedImage.

    Raises ImageError when it is damaged or of an unknown encoding.
    """
    try:
        message = deserialize_message(data, CompressedImage if kind == COMPRESSED_IMAGE else Image)
    except Exception as error:  # of rmw, without a type of its own
        raise ImageError(f"an image of {len(data)} bytes cannot be read ({error}): the bag is damaged") from error
    return (compressed_to_bgr(message) if kind == COMPRESSED_IMAGE else image_to_bgr(message)), message.header


def converted(data: bytes, kind: str, wanted: str) -> Any:
    """Return what to publish for a serialized picture of type ``kind``: a message of type ``wanted``."""
    picture, header = picture_of(data, kind)
    return bgr_to_image(picture, header) if wanted == IMAGE else bgr_to_compressed(picture, header, quality=_QUALITY)
