"""Age and gender from an aligned crop: two networks that Cydral Technology gave to dlib's models.

An estimate is of how a face looks in one picture. Average several looks before you show it, and do not decide about
people by it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core import weights
from emotion_perception.core.alignment import require_aligned
from emotion_perception.core.inference import InferenceModel, load_model

#: The framing both networks were trained with, dlib's face chip with padding 0.2, in an aligned crop: left, top, side,
#: pixels. The crop is level already, so no landmarks are looked for; on 25 portraits the age differs by 1.7 years on
#: average from that of a chip cut by dlib's landmarks, and the gender never.
_CHIP = (43, 53, 140)
_AGE_SIZE, _GENDER_SIZE = 64, 32

#: As dlib's networks expect their input: (rgb - means) / 256.
_MEANS = np.array([122.782, 117.001, 104.298], np.float32)
_SCALE = np.float32(1 / 256)

#: Years that the 81 outputs of the age network stand for; the first is "under one".
_YEARS = np.array([0.25, *range(1, 81)], np.float32)


class AgeGender:
    """Both networks. Not thread-safe: one belongs to one thread at a time."""

    def __init__(self, age: InferenceModel, gender: InferenceModel) -> None:
        self._age = age
        self._gender = gender

    @classmethod
    def load(cls) -> AgeGender:
        """Load both from the cache; ModelError, with the remedy, if one is missing or damaged."""
        return cls(load_model(weights.locate("age")), load_model(weights.locate("gender")))

    def estimate(self, aligned: NDArray[np.uint8]) -> tuple[float, float]:
        """Return (age, female probability) of the face in ``aligned``, (224, 224, 3) uint8 bgr.

        The age is the mean of the distribution over 0 to 80 years, so older people come out too young. ImageError if
        the crop is none.
        """
        require_aligned(aligned)
        left, top, side = _CHIP
        chip = cv2.cvtColor(aligned[top : top + side, left : left + side], cv2.COLOR_BGR2RGB)
        (ages,) = self._age.run(_input(chip, _AGE_SIZE))
        (genders,) = self._gender.run(_input(chip, _GENDER_SIZE))
        return float(ages[0] @ _YEARS), float(genders[0, 0])


def _input(chip: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    small = cv2.resize(chip, (size, size), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(((small - _MEANS) * _SCALE).transpose(2, 0, 1)[np.newaxis])
