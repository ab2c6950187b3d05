"""The process that examines faces for an `Examiner`: embedding, age and gender of one crop after the other.

Run as `python -m emotion_perception.core.identity.examination FD EMBEDDER`; it ends with its parent, when the other
end of the connection is closed.
"""

from __future__ import annotations

import math
import os
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.identity.age_gender import AgeGender
from emotion_perception.core.identity.embedder import Embedder, create_embedder

#: Added to the process's niceness: recognising somebody a moment later hurts less than a late expression.
NICENESS = 10


@dataclass(frozen=True, eq=False)
class Request:
    """A crop (core.alignment; uint8 bgr) and what is asked of it."""

    aligned: NDArray[np.uint8]
    embed: bool
    estimate: bool


@dataclass(frozen=True, eq=False)
class Examination:
    """What was asked for: embedding (D,) float32; age in years and probability of female; None and NaN otherwise."""

    embedding: NDArray[np.float32] | None = None
    age: float = math.nan
    female: float = math.nan


class Examining:
    """Does what requests ask; models load with the first request that needs them."""

    def __init__(self, embedder: str) -> None:
        self._name = embedder
        self._embedder: Embedder | None = None
        self._age_gender: AgeGender | None = None

    def examine(self, request: Request) -> Examination:
        """Return what was asked for. Raises PerceptionError when a model cannot be loaded."""
        embedding, age, female = None, math.nan, math.nan
        if request.embed:
            self._embedder = self._embedder or create_embedder(self._name)
            embedding = self._embedder.embed(request.aligned)
        if request.estimate:
            self._age_gender = self._age_gender or AgeGender.load()
            age, female = self._age_gender.estimate(request.aligned)
        return Examination(embedding, age, female)


def serve(connection: Connection, embedder: str) -> None:
    """Answer requests in their order until the connection ends; an error is an answer too."""
    examining = Examining(embedder)
    while True:
        try:
            request = connection.recv()
        except (EOFError, ConnectionError):
            return
        answer: Examination | PerceptionError
        try:
            answer = examining.examine(request)
        except PerceptionError as error:
            answer = error
        except Exception as error:
            answer = PerceptionError(f"a face could not be examined ({type(error).__name__}: {error})")
        try:
            connection.send(answer)
        except ConnectionError:
            return


if __name__ == "__main__":
    os.nice(NICENESS)
    cv2.setNumThreads(1)
    # Under its import name, so that what is sent is of the classes that the parent knows.
    from emotion_perception.core.identity import examination

    examination.serve(Connection(int(sys.argv[1])), sys.argv[2])
