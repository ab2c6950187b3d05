"""overlay: image_raw, faces, identities, emotion -> emotion/overlay."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from sensor_msgs.msg import CompressedImage, Image

from emotion_perception.core.drawing import OverlayFace, draw_overlay
from emotion_perception.core.joining import Joined, StampJoiner
from emotion_perception.msg import EmotionArray, FaceArray, Identity, IdentityArray
from emotion_perception.ros.images import bgr_to_compressed, bgr_to_image, image_to_bgr
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
    """Draws what is known about the faces onto the images they were found in, while somebody looks."""

    PARAMETERS = OverlayParameters

    def __init__(self, **options: object) -> None:
        super().__init__("overlay", **options)
        self._worker: NewestWorker[Joined] | None = None
        self._working = False
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
        audience = self._working and (self._drawn.subscribers or self._compressed.subscribers)
        if audience and self._worker is None:
            self._joiner = StampJoiner(
                ("image", "faces", "emotion"), leader="image", timeout=self.parameters.join_timeout
            )
            self._worker = NewestWorker(self._draw, name="overlay", failed=self._failed)
            self.input(Image, "image_raw", lambda message: self._join("image", message), NEWEST)
            self.input(FaceArray, "faces", lambda message: self._join("faces", message), NEWEST)
            self.input(EmotionArray, "emotion", lambda message: self._join("emotion", message), RELIABLE)
            self.input(IdentityArray, "identities", self._note_identities, RELIABLE, watched=False)
            self._expiry.reset()
        elif not audience and self._worker is not None:
            self._rest()

    def _rest(self) -> None:
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

    def _draw(self, joined: Joined) -> None:
        begin = time.monotonic()
        image: Image = joined.parts["image"]
        faces: FaceArray | None = joined.parts.get("faces")
        emotion: EmotionArray | None = joined.parts.get("emotion")
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
        self.health.processed(time.monotonic() - begin)

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
