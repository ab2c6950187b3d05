"""How a picture looks to a machine: light, clipping and sharpness, as numbers to adjust a camera by."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_BLACK, _WHITE = 2, 253  # JPEG and YUV round the ends of the range by a little
_WIDTH = 640  # pixels that sharpness is measured at, so that sizes can be compared


@dataclass(frozen=True)
class Look:
    """What was measured in one picture, or the mean of several.

    brightness: mean of the grey values, 0 to 255.
    black, white: shares of pixels, 0 to 1, that are clipped at an end of the range and have lost their detail.
    sharpness: variance of the Laplacian of the grey picture, scaled to a width of 640. It depends on the scene: turn
        the focus to where it is largest (Pertuz et al., "Analysis of focus measure operators", 2013: LAPV).
    """

    brightness: float
    black: float
    white: float
    sharpness: float

    @classmethod
    def measure(cls, image: NDArray[np.uint8]) -> Look:
        """Look at an (H, W, 3) uint8 bgr8 picture."""
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        histogram = np.bincount(grey.ravel(), minlength=256) / grey.size
        height = max(1, round(grey.shape[0] * _WIDTH / grey.shape[1]))
        scaled = cv2.resize(grey, (_WIDTH, height), interpolation=cv2.INTER_AREA)
        return cls(
            brightness=float(histogram @ np.arange(256)),
            black=float(histogram[: _BLACK + 1].sum()),
            white=float(histogram[_WHITE:].sum()),
            sharpness=float(cv2.Laplacian(scaled, cv2.CV_32F).var()),
        )

    @property
    def advice(self) -> str:
        """What to do about the light, "" if nothing."""
        if self.white > 0.2:
            return "much of it is white: less light, or a lower `exposure` or `gain`"
        if self.black > 0.5 or self.brightness < 40:
            return "it is dark: more light, or a higher `exposure` or `gain`"
        return ""
