"""emotion_classifier: faces -> emotion."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.expression import DEFAULT_MODEL, ExpressionModel
from emotion_perception.core.smoothing import ProbabilitySmoother, decide
from emotion_perception.msg import EmotionArray, FaceArray
from emotion_perception.ros.images import image_to_bgr
from emotion_perception.ros.messages import Timeline, emotion_to_message
from emotion_perception.ros.node import PerceptionNode
from emotion_perception.ros.parameters import Applies, NodeParameters, parameter
from emotion_perception.ros.process import run_node
from emotion_perception.ros.qos import NEWEST, RELIABLE
from emotion_perception.ros.worker import NewestWorker


@dataclass(frozen=True)
class EmotionClassifierParameters(NodeParameters):
    """What can be set of expression classification."""

    model: str = parameter(DEFAULT_MODEL, "A model of models/, or the path of a .yaml, .tflite or .onnx of your own.")
    threads: int = parameter(1, "Threads of the inference; on two busy cores more are slower.", low=1, high=64)
    time_constant: float = parameter(
        0.3, "Seconds of temporal smoothing; 0 for none.", low=0.0, high=60.0, applies=Applies.LIVE
    )
    threshold: float = parameter(
        0.4, 'Lowest probability of a label; below, it is "uncertain".', low=0.0, high=1.0, applies=Applies.LIVE
    )
    lossless: bool = parameter(False, "Take every message, for replays with flow control at the source.")


class EmotionClassifierNode(PerceptionNode[EmotionClassifierParameters]):
    """Classifies the expression of each face and smooths it over time, per track."""

    PARAMETERS = EmotionClassifierParameters

    def __init__(self, **options: object) -> None:
        super().__init__("emotion_classifier", **options)
        self._worker: NewestWorker[FaceArray] | None = None

    def configure(self) -> None:
        """Load the model."""
        self._model = ExpressionModel.load(self.parameters.model, threads=self.parameters.threads)
        self._emotion = self.output(EmotionArray, "emotion", RELIABLE)
        self.detail("model", self._model.name)

    def activate(self) -> None:
        """Subscribe to faces."""
        self._timeline = Timeline()
        self._time_constant = self.parameters.time_constant
        self._smoother = ProbabilitySmoother(time_constant=self._time_constant)
        qos = RELIABLE if self.parameters.lossless else NEWEST
        self._worker = NewestWorker(self._classify, name="emotion_classifier", failed=self._failed, room=qos.depth)
        self.input(FaceArray, "faces", self._take, qos, prompt=True)

    def deactivate(self) -> None:
        """End the work."""
        if self._worker:
            self._worker.stop()
            self._worker = None

    def _take(self, message: FaceArray) -> None:
        if self._worker:
            self._worker.submit(message)
            self.health.dropped(self._worker.dropped)

    def _classify(self, message: FaceArray) -> None:
        begin = time.monotonic()
        asked, stamp = self.parameters, self._timeline.seconds(message.header)
        if asked.time_constant != self._time_constant:
            self._time_constant = asked.time_constant
            self._smoother = ProbabilitySmoother(time_constant=self._time_constant)
        rows = self._model.classify([image_to_bgr(face.aligned) for face in message.faces])
        emotions = []
        for face, row in zip(message.faces, rows, strict=True):
            smoothed = self._smoother.update(face.id, stamp, row)
            if not np.isfinite(row).all():
                self.health.moment("model", f"{self._model.name} gave no numbers for {face.id}: its last ones are kept")
                row = smoothed
            label, confidence = decide(self._model.labels, smoothed, asked.threshold)
            emotions.append(emotion_to_message(face, label, confidence, smoothed.tolist(), row.tolist()))
        self._smoother.forget(stamp)
        self._emotion.publish(
            EmotionArray(
                header=message.header, model=self._model.name, labels=list(self._model.labels), emotions=emotions
            )
        )
        self.health.processed(time.monotonic() - begin)

    def _failed(self, error: Exception) -> None:
        sentence = str(error) if isinstance(error, PerceptionError) else f"{type(error).__name__}: {error}"
        self.health.moment("faces", f"a message of faces was skipped: {sentence}")


def main() -> int:
    """Run the node."""
    return run_node(EmotionClassifierNode)
