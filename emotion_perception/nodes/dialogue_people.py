"""Who is in view, put together from what three nodes say about the same image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emotion_perception.core.joining import Joined, StampJoiner
from emotion_perception.core.scenario.events import Person
from emotion_perception.msg import Emotion, EmotionArray, FaceArray, Identity, IdentityArray
from emotion_perception.ros.messages import nanoseconds

#: Seconds that identities and emotions of an image are waited for; where a node does not run, people go without.
_TIMEOUT = 0.25


class PeopleInView:
    """Takes FaceArray, IdentityArray and EmotionArray in any order, and tells of each image's people once.

    identifies: whether somebody decides who people are; where nobody does, everybody is a stranger at once.
    """

    def __init__(self) -> None:
        self.identifies = True
        self._joiner = StampJoiner(("faces", "identities", "emotion"), leader="faces", timeout=_TIMEOUT)

    def take(self, message: Any, now: float) -> list[tuple[int, list[Person]]]:
        """Take a message, and return the stamp (ns) and people of each image that is complete; now: of any clock."""
        if isinstance(message, FaceArray):
            size = max(1, message.image_width * message.image_height)
            areas = {face.id: min(1.0, face.roi.width * face.roi.height / size) for face in message.faces}
            part, value = "faces", areas  # without the pictures
        elif isinstance(message, IdentityArray):
            part, value = "identities", {each.face_id: each for each in message.identities}
        else:
            assert isinstance(message, EmotionArray)
            part, value = "emotion", {each.face_id: each for each in message.emotions}
        return list(self._people(self._joiner.add(part, nanoseconds(message.header), value, now)))

    def expire(self, now: float) -> list[tuple[int, list[Person]]]:
        """Return the images that have waited too long, with what is known."""
        return list(self._people(self._joiner.expire(now)))

    def _people(self, released: list[Joined]) -> Iterator[tuple[int, list[Person]]]:
        for image in released:
            identities = image.parts.get("identities", {})
            emotions = image.parts.get("emotion", {})
            yield (
                image.stamp,
                [
                    self._person(face_id, area, identities.get(face_id, Identity()), emotions.get(face_id, Emotion()))
                    for face_id, area in image.parts["faces"].items()
                ],
            )

    def _person(self, face_id: str, area: float, identity: Identity, emotion: Emotion) -> Person:
        nothing = float("nan")
        known = bool(identity.face_id)
        return Person(
            face_id=face_id,
            roi_area=area,
            person_id=identity.person_id,
            name=identity.name,
            label="" if emotion.label == Emotion.UNCERTAIN else emotion.label,
            confidence=emotion.confidence,
            age=identity.age if known else nothing,
            female_probability=identity.female_probability if known else nothing,
            identified=bool(identity.person_id) or identity.decided or not self.identifies,
            language=identity.language,
        )
