"""dlib's face embedding: 128 numbers of a ResNet with 29 layers (Davis King), after its own 5-point landmarks.

dlib finds its landmarks in the aligned crop and cuts its 150 pixel chip (padding 0.25) from there. On 300 pairs of
portraits (25 pictures, 38 pairs of one person) that was as good as finding them in the original picture (d' between the
distances of same and of different people 7.0 and 6.9), and both better than the chip that the detector's landmarks
give (6.8). Averaging the embeddings of the chip and of its mirror image gave 7.3, at twice the time: the node spends
that on another look.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core import weights
from emotion_perception.core.alignment import require_aligned
from emotion_perception.core.errors import ModelError

#: The face in an aligned crop as dlib's detector frames it, which its landmarks were trained with: left, top, right,
#: bottom, pixels (medians of 25 portraits; the standard deviation is below 3 pixels).
_FACE = (51, 65, 175, 189)
_CHIP_SIZE, _CHIP_PADDING = 150, 0.25


class DlibResnet:
    """dlib's landmarks and network; one embedding takes 50 to 60 ms, during which it holds the GIL."""

    name = "dlib_resnet"
    dimension = 128
    #: dlib itself takes 0.6, the radius that the network was trained for. That is too much for calling people by name:
    #: 2 % of the pairs of different people in core.identity.portraits are as close, and a robot that knows 20 of them
    #: gives a name to 27 to 48 % of the pictures of the others. At 0.45, no pair of 78,000 and no stranger passes; of
    #: the pictures of people enrolled with one, 4 % stay unknown, with five none. `people evaluate` counts them anew.
    threshold = 0.45

    def __init__(self) -> None:
        try:
            import dlib
        except ImportError as error:
            raise ModelError("knowing people needs dlib: run `python3 -m pip install dlib-bin`.") from error
        self._dlib: Any = dlib
        self._face = dlib.rectangle(*_FACE)
        self._landmarks = dlib.shape_predictor(str(weights.locate("dlib_landmarks")))
        self._network = dlib.face_recognition_model_v1(str(weights.locate("dlib_resnet")))

    def embed(self, aligned: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embed the face in an aligned crop, see Embedder: (128,) float32."""
        require_aligned(aligned)
        rgb = cv2.cvtColor(aligned, cv2.COLOR_BGR2RGB)
        shape = self._landmarks(rgb, self._face)
        chip = self._dlib.get_face_chip(rgb, shape, _CHIP_SIZE, _CHIP_PADDING)
        return np.array(self._network.compute_face_descriptor(chip), np.float32)
