"""Draws a picture of each difference, so that a person can say who is right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.bags.comparison import Comparison, Difference
from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.selection import Choice
from emotion_perception.cli.replay.observer import Observed
from emotion_perception.cli.replay.pictures import picture_of, stamp_of
from emotion_perception.core.drawing import OverlayFace, draw_overlay
from emotion_perception.core.errors import BagError
from emotion_perception.ros.messages import roi_from_message


def draw_differences(folder: Path, bag: BagReader, image: Choice, seen: Observed, found: Comparison) -> list[Path]:
    """Write a JPEG per difference, named after its time, and return their paths. Raises BagError when it cannot."""
    wanted: dict[int, list[Difference]] = {}
    for difference in found.differences:
        wanted.setdefault(difference.stamp, []).append(difference)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for stamp, picture in _pictures(bag, image, set(wanted)):
            for difference in wanted[stamp]:
                path = folder / _name(difference)
                drawn = draw_overlay(picture, _faces(seen, stamp), status=str(difference))
                encoded = cv2.imencode(".jpg", drawn)[1]
                path.write_bytes(encoded.tobytes())
                written.append(path)
    except OSError as error:
        raise BagError(f"cannot write {folder} ({error.strerror}): choose another folder") from error
    return written


def _pictures(bag: BagReader, image: Choice, stamps: set[int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    for message in bag.messages([image.topic.name]):
        stamp = stamp_of(message.data)
        if stamp in stamps:
            yield stamp, picture_of(message.data, image.topic.kind)[0]


def _faces(seen: Observed, stamp: int) -> list[OverlayFace]:
    array, names = seen.emotions[stamp], seen.names.get(stamp, {})
    return [
        OverlayFace(
            id=each.face_id,
            roi=roi_from_message(each.roi),
            label=each.label,
            confidence=each.confidence,
            probabilities=list(each.probabilities),
            labels=list(array.labels),
            who=names.get(each.face_id, ""),
        )
        for each in array.emotions
    ]


def _name(difference: Difference) -> str:
    parts = (
        difference.track,
        difference.aspect,
        "is",
        difference.found or "absent",
        "was",
        difference.expected or "absent",
    )
    return f"{difference.begin:08.2f}s_" + re.sub(r"[^\w-]+", "_", "_".join(parts)) + ".jpg"
