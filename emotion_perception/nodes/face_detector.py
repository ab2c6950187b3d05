"""face_detector: image_raw -> faces."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from sensor_msgs.msg import CompressedImage, Image

from emotion_perception.core.detection import BACKENDS, DEFAULT_BACKEND, DEFAULT_CONFIDENCE_THRESHOLD, create_detector
from emotion_perception.core.errors import ImageError, ParameterError
from emotion_perception.core.face_finder import FaceFinder
from emotion_perception.core.tracking import FaceTracker
from emotion_perception.msg import FaceArray
from emotion_perception.ros.images import compressed_to_bgr, image_to_bgr
from emotion_perception.ros.messages import Timeline, face_to_message, seconds
from emotion_perception.ros.node import PerceptionNode
from emotion_perception.ros.parameters import Applies, NodeParameters, parameter
from emotion_perception.ros.process import run_node
from emotion_perception.ros.qos import NEWEST, RELIABLE
from emotion_perception.ros.worker import NewestWorker


@dataclass(frozen=True)
class FaceDetectorParameters(NodeParameters):
    """What can be set of face detection."""

    backend: str = parameter(DEFAULT_BACKEND, "The detector.", choices=BACKENDS)
    model_path: str = parameter("", "A weight file to use instead of the backend's own; yunet needs one.")
    confidence_threshold: float = parameter(
        DEFAULT_CONFIDENCE_THRESHOLD, "Lowest score of a reported face.", low=0.0, high=1.0
    )
    min_face_size: int = parameter(20, "Pixels; smaller faces are not reported.", low=1, high=4096)
    max_faces: int = parameter(20, "The largest faces are reported, up to this many.", low=1, high=1000)
    image_scale: float = parameter(1.0, "Scale of the image that the detector looks at.", low=0.05, high=4.0)
    detection_rate: float = parameter(
        0.0, "Images per second that are looked at; 0 takes all.", low=0.0, high=1000.0, applies=Applies.LIVE
    )
    image_transport: str = parameter("raw", "Subscribe to image_raw or its /compressed.", choices=("raw", "compressed"))
    lossless: bool = parameter(False, "Take every image, for replays with flow control at the source.")


class FaceDetectorNode(PerceptionNode[FaceDetectorParameters]):
    """Finds faces in images, follows them, and publishes them with their aligned crops."""

    PARAMETERS = FaceDetectorParameters

    def __init__(self, **options: object) -> None:
        super().__init__("face_detector", **options)
        self._worker: NewestWorker[Image | CompressedImage] | None = None
        # The tracker outlives a reconfiguration, so that no id is used twice.
        self._tracker = FaceTracker()
        self._last_looked: float | None = None

    def configure(self) -> None:
        """Load the detector."""
        asked = self.parameters
        if asked.lossless and asked.detection_rate > 0:
            raise ParameterError(
                "lossless takes every image, and detection_rate does not: set one of them to its default"
            )
        detector = create_detector(
            asked.backend,
            confidence_threshold=asked.confidence_threshold,
            min_face_size=asked.min_face_size,
            max_faces=asked.max_faces,
            image_scale=asked.image_scale,
            model_path=Path(asked.model_path).expanduser() if asked.model_path else None,
        )
        self._finder = FaceFinder(detector, self._tracker)
        self._faces = self.output(FaceArray, "faces", RELIABLE)
        self.detail("model", detector.name)

    def activate(self) -> None:
        """Subscribe to images."""
        self._last_looked = None
        self._timeline = Timeline()
        self._tracker.reset()
        qos = RELIABLE if self.parameters.lossless else NEWEST
        self._worker = NewestWorker(self._find, name="face_detector", failed=self._failed, room=qos.depth)
        compressed = self.parameters.image_transport == "compressed"
        kind, topic = (CompressedImage, "image_raw/compressed") if compressed else (Image, "image_raw")
        self.input(kind, topic, self._take, qos, prompt=True)

    def deactivate(self) -> None:
        """End the work."""
        if self._worker:
            self._worker.stop()
            self._worker = None

    def _take(self, message: Image | CompressedImage) -> None:
        if self._worker and self._due(seconds(message.header)):
            self._worker.submit(message)
            self.health.dropped(self._worker.dropped)

    def _due(self, stamp: float) -> bool:
        """Whether detection_rate lets this image through; a tenth of the interval is forgiven for jitter."""
        rate = self.parameters.detection_rate
        if rate > 0 and self._last_looked is not None and 0 <= stamp - self._last_looked < 0.9 / rate:
            return False
        self._last_looked = stamp
        return True

    def _find(self, message: Image | CompressedImage) -> None:
        begin = time.monotonic()
        image = compressed_to_bgr(message) if isinstance(message, CompressedImage) else image_to_bgr(message)
        found = self._finder.find(image, self._timeline.seconds(message.header))
        height, width = image.shape[:2]
        faces = [face_to_message(face, message.header) for face in found]
        self._faces.publish(FaceArray(header=message.header, image_width=width, image_height=height, faces=faces))
        self.health.processed(time.monotonic() - begin)

    def _failed(self, error: Exception) -> None:
        sentence = str(error) if isinstance(error, ImageError) else f"{type(error).__name__}: {error}"
        self.health.moment("image", f"an image was skipped: {sentence}")


def main() -> int:
    """Run the node."""
    return run_node(FaceDetectorNode)
