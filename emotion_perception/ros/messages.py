"""Between the values of `core` and the messages.

rclpy does not check fields: what is not a plain float or int may be published as 0.0 or raise, so every number is
converted here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point32
from numpy.typing import NDArray
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

from emotion_perception.core.faces import Face, Roi
from emotion_perception.core.identity.recogniser import Identification
from emotion_perception.core.people.person import Person
from emotion_perception.msg import Emotion, Identity
from emotion_perception.msg import Face as FaceMessage
from emotion_perception.msg import Person as PersonMessage
from emotion_perception.ros.images import bgr_to_image, image_to_bgr


def seconds(header: Header) -> float:
    """Return the stamp in seconds."""
    return float(header.stamp.sec) + 1e-9 * header.stamp.nanosec


class Timeline:
    """Stamps in seconds since the first one that it is asked about.

    A float of seconds since 1970 is rounded to 0.2 microseconds, in each replay differently; this one is not.
    """

    def __init__(self) -> None:
        self._first: int | None = None

    def seconds(self, header: Header) -> float:
        """Return the stamp; negative if the clock was set back."""
        stamp = nanoseconds(header)
        if self._first is None:
            self._first = stamp
        return 1e-9 * (stamp - self._first)


def nanoseconds(header: Header) -> int:
    """Return the stamp in nanoseconds."""
    return int(header.stamp.sec) * 1_000_000_000 + int(header.stamp.nanosec)


def header_at(stamp: int, frame_id: str) -> Header:
    """Return a header with a stamp given in nanoseconds."""
    header = Header(frame_id=frame_id)
    header.stamp.sec, header.stamp.nanosec = divmod(stamp, 1_000_000_000)
    return header


def roi_to_message(roi: Roi) -> RegionOfInterest:
    """Return the message of a region."""
    return RegionOfInterest(
        x_offset=int(roi.x_offset), y_offset=int(roi.y_offset), width=int(roi.width), height=int(roi.height)
    )


def roi_from_message(message: RegionOfInterest) -> Roi:
    """Return the region of a message."""
    return Roi(message.x_offset, message.y_offset, message.width, message.height)


def face_to_message(face: Face, header: Header) -> FaceMessage:
    """Return the message of a face that was found in the image with that header."""
    landmarks = [] if face.landmarks is None else face.landmarks.tolist()
    return FaceMessage(
        id=face.id,
        confidence=float(face.confidence),
        roi=roi_to_message(face.roi),
        landmarks=[Point32(x=x, y=y, z=0.0) for x, y in landmarks],
        aligned=bgr_to_image(face.aligned, header),
    )


def face_from_message(message: FaceMessage) -> Face:
    """Return the face of a message."""
    return Face(
        id=message.id,
        confidence=message.confidence,
        roi=roi_from_message(message.roi),
        landmarks=landmarks_from_message(message),
        aligned=image_to_bgr(message.aligned),
    )


def landmarks_from_message(message: FaceMessage) -> NDArray[np.float32] | None:
    """Return (5, 2) pixels, or None when the detector gave none."""
    if len(message.landmarks) != 5:
        return None
    return np.array([(point.x, point.y) for point in message.landmarks], np.float32)


def emotion_to_message(
    face: FaceMessage, label: str, confidence: float, smoothed: Sequence[float], raw: Sequence[float]
) -> Emotion:
    """Return the message of one face's expression; the probabilities are plain floats."""
    return Emotion(
        face_id=face.id,
        roi=face.roi,
        label=label,
        confidence=float(confidence),
        probabilities=[float(value) for value in smoothed],
        raw_probabilities=[float(value) for value in raw],
    )


def identity_to_message(face_id: str, known: Identification) -> Identity:
    """Return the message that says who a face belongs to."""
    return Identity(
        face_id=face_id,
        person_id=known.person.id if known.person else "",
        name=known.person.name if known.person else "",
        language=known.person.language if known.person else "",
        confidence=float(known.confidence),
        age=float(known.age),
        female_probability=float(known.female_probability),
        decided=bool(known.decided),
    )


def person_to_message(person: Person) -> PersonMessage:
    """Return the message of an enrolled person, which holds no embedding."""
    return PersonMessage(
        person_id=person.id,
        name=person.name,
        language=person.language,
        consented=_time(person.consent.given_at),
        consent_note=person.consent.note,
        first_seen=_time(person.first_seen),
        last_seen=_time(person.last_seen),
        embeddings=int(person.embeddings),
    )


def _time(seconds: float) -> Time:
    """Return the message of a time of day, in seconds since 1970."""
    sec, nanosec = divmod(round(seconds * 1e9), 1_000_000_000)
    return Time(sec=sec, nanosec=nanosec)
