"""overlay: image_raw, faces, identities, emotion, camera_info -> emotion/overlay, emotion/markers."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from visualization_msgs.msg import MarkerArray

from emotion_perception.core.drawing import OverlayFace, draw_overlay
from emotion_perception.core.joining import Joined, StampJoiner
from emotion_perception.msg import EmotionArray, FaceArray, Identity, IdentityArray
from emotion_perception.ros.images import bgr_to_compressed, bgr_to_image, image_to_bgr
from emotion_perception.ros.markers import FaceMarkers
from emotion_perception.ros.messages import landmarks_from_message, nanoseconds, roi_from_message
from emotion_perception.ros.node import PerceptionNode
from emotion_perception.ros.parameters import Applies, NodeParameters, parameter
from emotion_perception.ros.process import run_node
from emotion_perception.ros.qos import IMAGE_OUTPUT, NEWEST, RELIABLE
from emotion_perception.ros.worker import NewestWorker

_CHECK_INTERVAL = 0.05
_IDENTITIES_LAST = 2.0  # seconds; a name must not outlive the node that gave it


@dataclass(frozen=True)
class OverlayParameters(NodeParameters):
    """What can be set of the overlay."""

    join_timeout: float = parameter(
        0.1, "Seconds after which an image is drawn without its faces or emotion.", low=0.0, high=10.0
    )
    jpeg_quality: int = parameter(80, "Of emotion/overlay/compressed.", low=1, high=100, applies=Applies.LIVE)


class OverlayNode(PerceptionNode[OverlayParameters]):
    """Draws what is known about the faces onto the images they were found in, and into rviz, while somebody looks."""

    PARAMETERS = OverlayParameters

    def __init__(self, **options: object) -> None:
        super().__init__("overlay", **options)
        self._worker: NewestWorker[Joined] | None = None
        self._working = False
        self._followed: tuple[bool, bool] = False, False
        self._identities: dict[str, Identity] = {}
        self._identified = 0.0
        self._expiry = self.create_timer(_CHECK_INTERVAL, self._expire, clock=self._steady)
        self._expiry.cancel()

    def configure(self) -> None:
        """Open the outputs, which tell when somebody looks."""
        self._drawn = self.output(Image, "emotion/overlay", IMAGE_OUTPUT, matched=lambda _: self._look_around())
        self._compressed = self.output(
            CompressedImage, "emotion/overlay/compressed", IMAGE_OUTPUT, matched=lambda _: self._look_around()
        )
        self._marked = self.output(MarkerArray, "emotion/markers", RELIABLE, matched=lambda _: self._look_around())

    def activate(self) -> None:
        """Begin to draw if somebody looks already."""
        self._working = True
        self._look_around()

    def deactivate(self) -> None:
        """Stop drawing."""
        self._working = False
        self._rest()

    def _look_around(self) -> None:
        """Subscribe while there is an audience; without one the node costs nothing."""
        with self.transition:
            self._follow_audience()

    def _follow_audience(self) -> None:
        pictures = self._working and bool(self._drawn.subscribers or self._compressed.subscribers)
        markers = self._working and bool(self._marked.subscribers)
        if (pictures, markers) == self._followed:
            return
        self._rest()
        self._followed = pictures, markers
        if pictures or markers:
            self._begin(pictures, markers)

    def _begin(self, pictures: bool, markers: bool) -> None:
        """Subscribe to what these outputs are made of; markers alone need no images."""
        leader, others = ("image", ("faces", "emotion")) if pictures else ("faces", ("emotion",))
        self._joiner = StampJoiner((leader, *others), leader=leader, timeout=self.parameters.join_timeout)
        self._worker = NewestWorker(self._work, name="overlay", failed=self._failed)
        if pictures:
            self.input(Image, "image_raw", lambda message: self._join("image", message), NEWEST)
        if markers:
            self._markers = FaceMarkers()
            self._calibration: CameraInfo | None = None
            self.input(CameraInfo, "camera_info", self._note_calibration, NEWEST, watched=False)
        self.input(FaceArray, "faces", lambda message: self._join("faces", message), NEWEST)
        self.input(EmotionArray, "emotion", lambda message: self._join("emotion", message), RELIABLE)
        self.input(IdentityArray, "identities", self._note_identities, RELIABLE, watched=False)
        self._expiry.reset()

    def _rest(self) -> None:
        self._followed = False, False
        self._expiry.cancel()
        self.close_inputs()
        if self._worker:
            self._worker.stop()
            self._worker = None

    def _join(self, part: str, message: Any) -> None:
        self._submit(self._joiner.add(part, nanoseconds(message.header), message, time.monotonic()))

    def _expire(self) -> None:
        self._submit(self._joiner.expire(time.monotonic()))

    def _submit(self, released: list[Joined]) -> None:
        for joined in released:
            if self._worker:
                self._worker.submit(joined)
                self.health.dropped(self._worker.dropped)

    def _note_identities(self, message: IdentityArray) -> None:
        self._identities = {identity.face_id: identity for identity in message.identities}
        self._identified = time.monotonic()

    def _note_calibration(self, message: CameraInfo) -> None:
        self._calibration = message

    def _work(self, joined: Joined) -> None:
        begin = time.monotonic()
        faces: FaceArray | None = joined.parts.get("faces")
        emotion: EmotionArray | None = joined.parts.get("emotion")
        if "image" in joined.parts:
            self._draw(joined.parts["image"], faces, emotion)
        if faces is not None and self._followed[1]:
            self._marked.publish(self._markers.make(faces, emotion, self._identities, self._calibration))
        self.health.processed(time.monotonic() - begin)

    def _draw(self, image: Image, faces: FaceArray | None, emotion: EmotionArray | None) -> None:
        labels = list(emotion.labels) if emotion else []
        identities = self._identities if time.monotonic() - self._identified < _IDENTITIES_LAST else {}
        emotions = {each.face_id: each for each in emotion.emotions} if emotion else {}
        shown = []
        for face in faces.faces if faces else []:
            known, identity = emotions.get(face.id), identities.get(face.id)
            shown.append(
                OverlayFace(
                    id=face.id,
                    roi=roi_from_message(face.roi),
                    landmarks=landmarks_from_message(face),
                    label=known.label if known else "",
                    confidence=known.confidence if known else 0.0,
                    probabilities=list(known.probabilities) if known else [],
                    labels=labels if known else [],
                    who=(identity.name or "unknown") if identity else "",
                    about=_about(identity) if identity else "",
                )
            )
        picture = draw_overlay(image_to_bgr(image), shown)
        if self._drawn.subscribers:
            self._drawn.publish(bgr_to_image(picture, image.header))
        if self._compressed.subscribers:
            self._compressed.publish(bgr_to_compressed(picture, image.header, quality=self.parameters.jpeg_quality))

    def _failed(self, error: Exception) -> None:
        self.health.moment("image", f"an image was not drawn: {error}")


def _about(identity: Identity) -> str:
    """Say what is estimated of a person, e.g. "about 34, female 91%"; nothing is ever said to be certain."""
    said = []
    if math.isfinite(identity.age):
        said.append(f"about {identity.age:.0f}")
    if math.isfinite(identity.female_probability):
        female = identity.female_probability
        said.append(f"female {min(female, 0.99):.0%}" if female >= 0.5 else f"male {min(1 - female, 0.99):.0%}")
    return ", ".join(said)


def main() -> int:
    """Run the node."""
    return run_node(OverlayNode)
