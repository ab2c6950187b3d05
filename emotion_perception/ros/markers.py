"""Faces as markers for rviz: a box at the face's place in the camera's frame, and a text above it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Pose, Quaternion, Vector3
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from emotion_perception.core.face_position import FacePosition, Pinhole, locate_face
from emotion_perception.core.palette import colour_of
from emotion_perception.msg import Emotion, EmotionArray, FaceArray, Identity
from emotion_perception.ros.messages import landmarks_from_message, roi_from_message

#: Namespaces, which rviz lets switch off one by one.
BOX, TEXT = "box", "text"
#: Seconds after which a marker vanishes that nothing renews, as when the robot was switched off.
LIFETIME = 2
_LETTER = 0.05  # metres, height of a capital A
_OPACITY = 0.4  # of boxes


class FaceMarkers:
    """Makes the markers of each image. A face keeps the number of its markers as long as it stays."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._fresh = count()

    def make(
        self,
        faces: FaceArray,
        emotion: EmotionArray | None,
        identities: Mapping[str, Identity],
        calibration: CameraInfo | None,
    ) -> MarkerArray:
        """Return what turns the markers of the image before into those of this one; DELETEALL when nobody is there.

        identities: by face id. Without a calibration, or with zeros for one, Pinhole.assumed stands in.
        """
        gone = [number for id, number in self._numbers.items() if id not in {face.id for face in faces.faces}]
        self._numbers = {
            face.id: self._numbers[face.id] if face.id in self._numbers else next(self._fresh) for face in faces.faces
        }
        if not faces.faces:
            return MarkerArray(markers=[Marker(header=faces.header, action=Marker.DELETEALL)])
        markers = [
            Marker(header=faces.header, ns=name, id=number, action=Marker.DELETE)
            for number in gone
            for name in (BOX, TEXT)
        ]
        camera = _camera(calibration, faces.image_width, faces.image_height)
        emotions = {each.face_id: each for each in emotion.emotions} if emotion else {}
        for face in faces.faces:
            known, identity = emotions.get(face.id), identities.get(face.id)
            who = (identity.name if identity else "") or face.id
            place = locate_face(roi_from_message(face.roi), landmarks_from_message(face), camera)
            both = _box(place, known), _text(place, who, known)
            for marker in both:
                marker.header, marker.id = faces.header, self._numbers[face.id]
                marker.lifetime = Duration(sec=LIFETIME)
            markers += both
        return MarkerArray(markers=markers)


def _camera(info: CameraInfo | None, width: int, height: int) -> Pinhole:
    known = info and Pinhole.calibrated(info.k, of=(info.width, info.height), width=width, height=height)
    return known or Pinhole.assumed(width, height)


def _box(place: FacePosition, emotion: Emotion | None) -> Marker:
    return Marker(
        ns=BOX,
        type=Marker.CUBE,
        pose=_pose(place.x, place.y, place.z),
        scale=Vector3(x=place.width, y=place.height, z=place.width),
        color=_colour(emotion, _OPACITY),
    )


def _text(place: FacePosition, who: str, emotion: Emotion | None) -> Marker:
    lines = [who, f"{emotion.label} {emotion.confidence:.0%}"] if emotion else [who]
    return Marker(
        ns=TEXT,
        type=Marker.TEXT_VIEW_FACING,
        pose=_pose(place.x, place.y - place.height / 2 - len(lines) * _LETTER, place.z),
        scale=Vector3(x=0.0, y=0.0, z=_LETTER),
        color=_colour(emotion, 1.0),
        text="\n".join(lines),
    )


def _colour(emotion: Emotion | None, opacity: float) -> ColorRGBA:
    red, green, blue = (channel / 255 for channel in colour_of(emotion.label if emotion else ""))
    return ColorRGBA(r=red, g=green, b=blue, a=opacity)


def _pose(x: float, y: float, z: float) -> Pose:
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=0.0, y=0.0, z=0.0, w=1.0))
