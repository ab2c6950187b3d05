"""A model's accuracy as the robot has it: faces in scenes, through the real detector, alignment and classifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.alignment import align
from emotion_perception.core.detection import Detector
from emotion_perception.core.errors import EvaluationError
from emotion_perception.core.faces import Detection
from emotion_perception.training.images import Images
from emotion_perception.training.scenes import HEIGHT, WIDTH, Place, draw_place, render

#: A face is found if the middle of a box lies so near to the middle of its square, in parts of the square's side.
_NEAR = 0.25
_SEED = 0


class AlignedClassifier(Protocol):
    """What classifies aligned faces: core.expression.ExpressionModel."""

    def classify(self, aligned: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Probabilities (N, classes) of faces as core.alignment.align makes them."""


@dataclass(frozen=True)
class PipelineScores:
    """What came out of the scenes.

    detector: its name. scene: size of the pictures. faces: scenes, one face in each. detected: in how many the face was
    found. detection_rate: the part. false_detections: other boxes. accuracy: on detected faces, and direct_accuracy of
    the same faces' original squares; accuracy_of_all: a missed face counts as wrong. per_class_detection: the rate of
    each class that occurs.
    """

    detector: str
    scene: str
    faces: int
    detected: int
    detection_rate: float
    false_detections: int
    accuracy: float
    direct_accuracy: float
    accuracy_of_all: float
    per_class_detection: dict[str, float]


def through_pipeline(
    images: Images,
    labels: NDArray[np.integer],
    direct: NDArray[np.floating],
    *,
    classes: tuple[str, ...],
    model: AlignedClassifier,
    detector: Detector,
    progress: Callable[[int, int], None] | None = None,
) -> PipelineScores:
    """Render each of the (N, H, W[, 3]) faces (RGB) into a scene, find, align and classify it.

    direct: (N, C) probabilities that the model gave for the squares themselves. Places are drawn anew with the same
    seed, so equal data give equal scenes. progress: called with faces done and all. EvaluationError if no face at all
    was found.
    """
    generator = np.random.default_rng(_SEED)
    found, answers, others = np.zeros(len(labels), bool), np.zeros(len(labels), int), 0
    for row in range(len(labels)):
        place = draw_place(generator)
        face = images[row]
        scene = render(face if face.ndim == 2 else np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2BGR), np.uint8), place)
        detections = detector.detect(scene)
        ours = [each for each in detections if _is_at(each, place)]
        others += len(detections) - min(1, len(ours))
        if ours:
            best = max(ours, key=lambda each: each.confidence)
            found[row] = True
            answers[row] = model.classify([align(scene, best)])[0].argmax()
        if progress:
            progress(row + 1, len(labels))
    if not found.any():
        raise EvaluationError(
            f"{detector.name} found none of the {len(labels)} faces in their scenes: are these pictures of faces, each"
            " filling its square?"
        )
    right = found & (answers == labels)
    return PipelineScores(
        detector=detector.name,
        scene=f"{WIDTH}x{HEIGHT}",
        faces=len(labels),
        detected=int(found.sum()),
        detection_rate=float(found.mean()),
        false_detections=others,
        accuracy=float(right[found].mean()),
        direct_accuracy=float((direct.argmax(axis=1) == labels)[found].mean()),
        accuracy_of_all=float(right.mean()),
        per_class_detection={
            name: float(found[labels == index].mean()) for index, name in enumerate(classes) if (labels == index).any()
        },
    )


def _is_at(detection: Detection, place: Place) -> bool:
    return bool(np.abs(detection.centre - (place.x, place.y)).max() < _NEAR * place.side)
