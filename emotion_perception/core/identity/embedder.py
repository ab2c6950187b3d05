"""What every face embedder offers, and choosing one by name."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ParameterError

EMBEDDERS = ("dlib_resnet",)
DEFAULT_EMBEDDER = "dlib_resnet"


class Embedder(Protocol):
    """Turns a face into a point; the closer two points are (Euclidean), the likelier they are of one person.

    Equal crops give equal points. Not thread-safe, and not to be pickled: a process that needs one creates it.
    """

    @property
    def name(self) -> str:
        """Which space the points are in: those of embedders with different names must not be compared."""

    @property
    def dimension(self) -> int:
        """Numbers in an embedding."""

    @property
    def threshold(self) -> float:
        """Two faces are taken for one person's at this distance or below."""

    def embed(self, aligned: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embed the face in ``aligned``, (224, 224, 3) uint8 bgr as core.alignment makes it: (dimension,) float32.

        ImageError if the crop is none.
        """


def create_embedder(name: str = DEFAULT_EMBEDDER) -> Embedder:
    """Load one of EMBEDDERS.

    ParameterError if there is none of that name; ModelError says which weights or library are missing, and the remedy.
    """
    if name not in EMBEDDERS:
        raise ParameterError(f"there is no face embedder {name!r}: choose one of {', '.join(EMBEDDERS)}.")
    from emotion_perception.core.identity.dlib_resnet import DlibResnet

    return DlibResnet()
