"""How well people are told apart: pairs of portraits, through detector, alignment and embedder.

The people are split in two halves by number. On the odd ones the confidence is fitted, and the embedder's threshold is
the largest multiple of 0.05 without a false accept among them; the even ones tell how far both can be trusted.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core import weights
from emotion_perception.core.detection import Detector
from emotion_perception.core.identity.confidence import confidence
from emotion_perception.core.identity.embedder import Embedder
from emotion_perception.core.identity.enrolment import still_finder
from emotion_perception.core.identity.portraits import portrait

THRESHOLDS = (0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
#: Of naming people, beside the embedder's own.
NAMING_THRESHOLDS = (0.5, 0.6)
#: Numbers of pictures that people are enrolled with.
ENROLLED = (1, 3, 5)
#: Pictures of the manifest whose nine faces are all of different people, in colour.
COLOUR = ("happy_picture", "surprise_picture", "angry_picture", "turned_picture", "group_picture")
_QUANTILES = (0.0, 0.001, 0.01, 0.05, 0.5, 0.95, 0.99, 1.0)
_BINS = (0.0, 0.1, 0.5, 0.9, 0.99, 1.0)


@dataclass(frozen=True, eq=False)
class Faces:
    """Embedded portraits: person and picture number, (N,) each, and embeddings, (N, D) float32.

    missed: (person, picture) of those in which not exactly one face was found.
    """

    persons: NDArray[np.intp]
    pictures: NDArray[np.intp]
    embeddings: NDArray[np.float32]
    missed: tuple[tuple[int, int], ...]

    def of(self, chosen: NDArray[np.bool_]) -> Faces:
        """Return the chosen ones, (N,)."""
        return Faces(self.persons[chosen], self.pictures[chosen], self.embeddings[chosen], ())


@dataclass(frozen=True, eq=False)
class Pairs:
    """All pairs of some faces: the distance between the two, and whether they are one person's; (P,) each."""

    distances: NDArray[np.float32]
    same: NDArray[np.bool_]

    @classmethod
    def among(cls, faces: Faces) -> Pairs:
        """Pair every face with every other."""
        first, second = np.triu_indices(len(faces.persons), 1)
        return cls(_upper(faces.embeddings), faces.persons[first] == faces.persons[second])


@dataclass(frozen=True)
class Verification:
    """Pairs at a threshold: how many there are, and how many are judged wrongly."""

    threshold: float
    same: int
    different: int
    false_rejects: int
    false_accepts: int

    @property
    def accuracy(self) -> float:
        """Share of all pairs that are judged rightly."""
        return 1 - (self.false_rejects + self.false_accepts) / (self.same + self.different)


@dataclass(frozen=True)
class Identification:
    """One half of the people enrolled, then the other, with their first pictures: what the rest are taken for.

    right, unknown, wrong: pictures of people who are enrolled. strangers: pictures of people who are not;
    strangers_named: those of them that were given somebody's name.
    """

    threshold: float
    enrolled_pictures: int
    right: int
    unknown: int
    wrong: int
    strangers: int
    strangers_named: int


@dataclass(frozen=True)
class Bin:
    """Pairs with a confidence from ``low`` up to ``high``: how many, its mean, and how many of them are the same.

    share_same: as if same and different pairs were equally frequent; NaN without pairs.
    """

    low: float
    high: float
    pairs: int
    mean_confidence: float
    share_same: float


@dataclass(frozen=True)
class Evaluation:
    """What ``evaluate`` found.

    same_distances, different_distances: at each of ``quantiles``. fit: (middle, steepness) of confidence.py's logistic.
    in_colour: pairs of different people, at least one of them from COLOUR.
    """

    embedder: str
    detector: str
    people: int
    pictures: int
    missed: tuple[tuple[int, int], ...]
    everybody: Verification
    fitted_half: Verification
    other_half: Verification
    by_threshold: tuple[Verification, ...]
    quantiles: tuple[float, ...]
    same_distances: tuple[float, ...]
    different_distances: tuple[float, ...]
    fit: tuple[float, float]
    calibration: tuple[Bin, ...]
    identification: tuple[Identification, ...]
    in_colour: tuple[Verification, ...]


def embed_portraits(
    detector: Detector,
    embedder: Embedder,
    people: Sequence[int],
    pictures: Sequence[int],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Faces:
    """Send portraits through the pipeline; progress(done, all) is called after each. ModelError if there are none."""
    finder = still_finder(detector)
    wanted = [(person, picture) for person in people for picture in pictures]
    found, missed, embeddings = [], [], []
    for done, (person, picture) in enumerate(wanted, 1):
        faces = finder.find(portrait(person, picture), 0.0)
        if len(faces) == 1:
            found.append((person, picture))
            embeddings.append(embedder.embed(faces[0].aligned))
        else:
            missed.append((person, picture))
        if progress:
            progress(done, len(wanted))
    numbers = np.array(found, np.intp).reshape(-1, 2)
    stacked = np.array(embeddings, np.float32).reshape(-1, embedder.dimension)
    return Faces(numbers[:, 0], numbers[:, 1], stacked, tuple(missed))


def embed_colour(detector: Detector, embedder: Embedder) -> NDArray[np.float32]:
    """Embed all faces found in COLOUR: (M, D) float32. ModelError if a picture has not been pulled."""
    finder = still_finder(detector)
    images = [np.asarray(cv2.imread(str(weights.locate(name))), np.uint8) for name in COLOUR]
    return np.stack([embedder.embed(face.aligned) for image in images for face in finder.find(image, 0.0)])


def evaluate(
    faces: Faces, colour: NDArray[np.float32], *, embedder: str, detector: str, threshold: float
) -> Evaluation:
    """Measure with embedded portraits, several of several people of either half, and with those of COLOUR."""
    odd = faces.persons % 2 == 1
    strangers = np.concatenate((distances_between(colour, faces.embeddings).ravel(), _upper(colour)))
    in_colour = Pairs(strangers, np.zeros(len(strangers), bool))
    everybody, fitted, others = (Pairs.among(part) for part in (faces, faces.of(odd), faces.of(~odd)))
    return Evaluation(
        embedder=embedder,
        detector=detector,
        people=len(np.unique(faces.persons)),
        pictures=len(faces.persons) + len(faces.missed),
        missed=faces.missed,
        everybody=verify(everybody, threshold),
        fitted_half=verify(fitted, threshold),
        other_half=verify(others, threshold),
        by_threshold=tuple(verify(everybody, value) for value in THRESHOLDS),
        quantiles=_QUANTILES,
        same_distances=_quantiles(everybody.distances[everybody.same]),
        different_distances=_quantiles(everybody.distances[~everybody.same]),
        fit=fit_logistic(fitted),
        calibration=calibrate(others),
        identification=tuple(
            identify(faces, pictures, value)
            for value, pictures in itertools.product(sorted({threshold, *NAMING_THRESHOLDS}), ENROLLED)
        ),
        in_colour=tuple(verify(in_colour, value) for value in THRESHOLDS),
    )


def verify(pairs: Pairs, threshold: float) -> Verification:
    """Count the pairs that a threshold judges wrongly."""
    taken = pairs.distances <= threshold
    return Verification(
        threshold,
        same=int(pairs.same.sum()),
        different=int((~pairs.same).sum()),
        false_rejects=int((pairs.same & ~taken).sum()),
        false_accepts=int((~pairs.same & taken).sum()),
    )


def fit_logistic(pairs: Pairs) -> tuple[float, float]:
    """Return (middle, steepness) of the logistic of the distance that makes the pairs likeliest.

    Same and different pairs weigh as much in total. Newton's method; ValueError if they can be told apart without an
    error, as the steepness would then be infinite.
    """
    same, distances = pairs.same, pairs.distances.astype(np.float64)
    if not same.any() or same.all() or distances[same].max() < distances[~same].min():
        raise ValueError("same and different pairs must overlap")
    balance = np.where(same, 0.5 / same.sum(), 0.5 / (~same).sum())
    inputs = np.stack((np.ones_like(distances), distances - distances.mean()), axis=1)
    coefficients = np.zeros(2)
    for _ in range(100):
        probabilities = 1 / (1 + np.exp(-np.clip(inputs @ coefficients, -500, 500)))
        gradient = inputs.T @ (balance * (same - probabilities))
        curvature = (inputs * (balance * probabilities * (1 - probabilities))[:, None]).T @ inputs
        step = np.linalg.solve(curvature, gradient)
        coefficients += step * min(1.0, 5.0 / float(np.abs(step).max()))  # a full step can leap into the flat
        if np.abs(step).max() < 1e-9:
            break
    offset, slope = coefficients
    return float(distances.mean() - offset / slope), float(-slope)


def calibrate(pairs: Pairs) -> tuple[Bin, ...]:
    """Compare the confidence of pairs with how many of them are one person's, in bins of it."""
    confidences = np.array([confidence(float(distance)) for distance in pairs.distances])
    balance = np.where(pairs.same, 0.5 / max(1, pairs.same.sum()), 0.5 / max(1, (~pairs.same).sum()))
    bins = []
    for low, high in itertools.pairwise(_BINS):
        inside = (confidences >= low) & ((confidences < high) | (high == 1.0))
        total = float(balance[inside].sum())
        mean, share = math.nan, math.nan
        if total:
            mean = float(np.average(confidences[inside], weights=balance[inside]))
            share = float(balance[inside & pairs.same].sum()) / total
        bins.append(Bin(low, high, int(inside.sum()), mean, share))
    return tuple(bins)


def identify(faces: Faces, enrolled_pictures: int, threshold: float) -> Identification:
    """Enrol each half in turn with everybody's first pictures, and name all other pictures of all people."""
    counts = np.zeros(5, int)
    for half in (0, 1):
        ours = faces.persons % 2 == half
        enrolled = ours & (faces.pictures <= enrolled_pictures)
        asked = faces.of(~enrolled)
        distances = distances_between(asked.embeddings, faces.embeddings[enrolled])
        named = distances.min(axis=1) <= threshold
        correct = faces.persons[enrolled][distances.argmin(axis=1)] == asked.persons
        known = asked.persons % 2 == half
        outcomes = (known & named & correct, known & ~named, known & named & ~correct, ~known, ~known & named)
        counts += [int(outcome.sum()) for outcome in outcomes]
    right, unknown, wrong, strangers, strangers_named = counts.tolist()
    return Identification(threshold, enrolled_pictures, right, unknown, wrong, strangers, strangers_named)


def distances_between(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Euclidean distances of (N, D) to (M, D): (N, M)."""
    return np.stack([np.linalg.norm(second - embedding, axis=1) for embedding in first])


def _upper(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the distance of each to every later one, in the order of np.triu_indices."""
    return distances_between(embeddings, embeddings)[np.triu_indices(len(embeddings), 1)]


def _quantiles(distances: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in np.quantile(np.asarray(distances), _QUANTILES))
