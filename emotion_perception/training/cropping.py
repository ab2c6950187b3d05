"""Faces cut out of photographs as the robot's classifier sees them, for people who train with pictures of their own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.alignment import align, expression_crop
from emotion_perception.core.detection import create_detector
from emotion_perception.training.collecting import Progress
from emotion_perception.training.making import Step, make_all
from emotion_perception.training.pictures import RowError, fit, read_picture
from emotion_perception.training.skipping import Skipped
from emotion_perception.training.tree import pictures_in


def cut_faces(
    source: Path,
    target: Path,
    *,
    size: int = 224,
    workers: int = 2,
    skipped: Skipped,
    progress: Progress | None = None,
) -> Counter[str]:
    """Write the face of each picture below ``source``, (size, size, 3) as PNG, to the same place below ``target``.

    Found by the robot's default detector, turned level and framed as for its classifier. Pictures without a face, and
    with several, of which nobody knows whose expression is meant, are skipped. Returns, resumes and fails as
    ``making.make_all``.
    """
    local = threading.local()

    def cut(picture: Path) -> NDArray[np.uint8]:
        if not hasattr(local, "detector"):
            local.detector = create_detector()
        image = np.asarray(cv2.cvtColor(read_picture(picture), cv2.COLOR_RGB2BGR), np.uint8)
        found = local.detector.detect(image)
        if len(found) != 1:
            raise RowError("it shows several faces" if found else "no face was found in it")
        face = fit(expression_crop(align(image, found[0]), size), (size, size, 3))
        return np.asarray(cv2.cvtColor(face, cv2.COLOR_BGR2RGB), np.uint8)

    def steps() -> Iterator[Step]:
        for picture in pictures_in(source):
            place = picture.relative_to(source)
            yield Step(str(place), picture, target / place.with_name(f"{place.name}.png"), partial(cut, picture))

    return make_all(
        list(steps()), source, target, method="crop", size=size, workers=workers, skipped=skipped, progress=progress
    )
