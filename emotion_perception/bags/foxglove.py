"""What perception said, as Foxglove draws it over a picture: foxglove_msgs/msg/ImageAnnotations.

The definition goes into the file with the messages, so that nothing has to be installed to read them. Its fields are
those of github.com/foxglove/foxglove-sdk (schemas/ros2) of August 2026; older versions of Foxglove do not know the
``timestamp`` and ``metadata`` of the whole.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import cache
from typing import Any

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from emotion_perception.bags.decoding import Decoder
from emotion_perception.bags.definitions import Definition, joined
from emotion_perception.bags.reading import Message
from emotion_perception.bags.topic import Topic
from emotion_perception.core.palette import BACKGROUND, TEXT, Rgb, colour_of, text_colour_on

KIND = "foxglove_msgs/msg/ImageAnnotations"
_EMOTION = "emotion_perception/msg/EmotionArray"
_FACES = "emotion_perception/msg/FaceArray"
_IDENTITIES = "emotion_perception/msg/IdentityArray"

_DEFINITIONS = {
    "foxglove_msgs/msg/ImageAnnotations": """\
builtin_interfaces/Time timestamp
foxglove_msgs/CircleAnnotation[] circles
foxglove_msgs/PointsAnnotation[] points
foxglove_msgs/TextAnnotation[] texts
foxglove_msgs/KeyValuePair[] metadata
""",
    "foxglove_msgs/msg/CircleAnnotation": """\
builtin_interfaces/Time timestamp
foxglove_msgs/Point2 position
float64 diameter
float64 thickness
foxglove_msgs/Color fill_color
foxglove_msgs/Color outline_color
foxglove_msgs/KeyValuePair[] metadata
""",
    "foxglove_msgs/msg/PointsAnnotation": """\
builtin_interfaces/Time timestamp
uint8 UNKNOWN=0
uint8 POINTS=1
uint8 LINE_LOOP=2
uint8 LINE_STRIP=3
uint8 LINE_LIST=4
uint8 type
foxglove_msgs/Point2[] points
foxglove_msgs/Color outline_color
foxglove_msgs/Color[] outline_colors
foxglove_msgs/Color fill_color
float64 thickness
foxglove_msgs/KeyValuePair[] metadata
""",
    "foxglove_msgs/msg/TextAnnotation": """\
builtin_interfaces/Time timestamp
foxglove_msgs/Point2 position
string text
float64 font_size
foxglove_msgs/Color text_color
foxglove_msgs/Color background_color
foxglove_msgs/KeyValuePair[] metadata
""",
    "foxglove_msgs/msg/Point2": "float64 x\nfloat64 y\n",
    "foxglove_msgs/msg/Color": "float64 r\nfloat64 g\nfloat64 b\nfloat64 a\n",
    "foxglove_msgs/msg/KeyValuePair": "string key\nstring value\n",
    "builtin_interfaces/msg/Time": "int32 sec\nuint32 nanosec\n",
}
_POINTS, _LINE_LOOP = 1, 2  # of PointsAnnotation

_TEXT_SHARE, _SMALLEST_TEXT, _LARGEST_TEXT = 0.13, 11.0, 40.0  # of a box's width; pixels
_KEPT = 100  # messages of faces that wait for their expressions


def annotations_topic(emotion: Topic) -> Topic:
    """Return the topic of the annotations of an EmotionArray topic: beside it, under its name."""
    store = _store()
    definition = Definition(joined(_DEFINITIONS), store.hash_rihs01(KIND))
    return Topic(f"{emotion.name}/annotations", KIND, emotion.qos, definition)


class Annotator:
    """Turns the expressions of one topic into annotations; give it every message of the bag in its order.

    Names come from the identities, and landmarks from the faces, that were published beside the expressions.
    """

    def __init__(self, emotion: str) -> None:
        """emotion: the topic's full name."""
        beside = posixpath.dirname(emotion)
        self._emotion = emotion
        self._roles = {
            (emotion, _EMOTION): self._annotate,
            (posixpath.join(beside, "faces"), _FACES): self._note_faces,
            (posixpath.join(beside, "identities"), _IDENTITIES): self._note_identities,
        }
        self._decode = Decoder()
        self._landmarks: dict[int, dict[str, list[Any]]] = {}
        self._names: dict[str, str] = {}

    def take(self, message: Message) -> bytes | None:
        """Return what to write after this message, serialized; None for what is no expression.

        Raises BagError when the message is damaged.
        """
        role = self._roles.get((message.topic.name, message.topic.kind))
        return role(self._decode(message)) if role else None

    def _note_faces(self, array: Any) -> None:
        self._landmarks[_nanoseconds(array.header.stamp)] = {face.id: list(face.landmarks) for face in array.faces}
        while len(self._landmarks) > _KEPT:
            del self._landmarks[next(iter(self._landmarks))]

    def _note_identities(self, array: Any) -> None:
        self._names.update((each.face_id, each.name) for each in array.identities)

    def _annotate(self, array: Any) -> bytes:
        make, stamp = _Maker(array.header.stamp), array.header.stamp
        known = self._landmarks.pop(_nanoseconds(stamp), {})
        points, texts = [], []
        for face in array.emotions:
            name = self._names.get(face.face_id, "")
            colour = colour_of(face.label)
            about = {"face_id": face.face_id, "name": name, "label": face.label, "confidence": f"{face.confidence:.3f}"}
            probabilities = zip(array.labels, face.probabilities, strict=False)
            about |= {f"probability of {label}": f"{value:.3f}" for label, value in probabilities}
            points.append(make.box(face.roi, colour, about))
            if landmarks := known.get(face.face_id):
                points.append(make.landmarks(landmarks, face.roi.width))
            texts.append(make.text(f"{face.label} {face.confidence:.0%}  {name or face.face_id}", face.roi, colour))
        message = make("ImageAnnotations", timestamp=stamp, circles=[], points=points, texts=texts, metadata=[])
        return bytes(_store().serialize_cdr(message, KIND))


class _Maker:
    """Makes the messages of one image; lengths are pixels."""

    def __init__(self, stamp: Any) -> None:
        self._time = _store().types["builtin_interfaces/msg/Time"](sec=stamp.sec, nanosec=stamp.nanosec)

    def __call__(self, kind: str, **fields: Any) -> Any:
        if "timestamp" in fields:
            fields["timestamp"] = self._time
        return _store().types[f"foxglove_msgs/msg/{kind}"](**fields)

    def box(self, roi: Any, colour: Rgb, about: Mapping[str, str]) -> Any:
        left, top, right, bottom = roi.x_offset, roi.y_offset, roi.x_offset + roi.width, roi.y_offset + roi.height
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        return self._points(_LINE_LOOP, corners, colour, thickness=max(2.0, roi.width / 60), about=about)

    def landmarks(self, points: Any, width: int) -> Any:
        return self._points(_POINTS, [(each.x, each.y) for each in points], TEXT, thickness=max(2.0, width / 30))

    def text(self, text: str, roi: Any, colour: Rgb) -> Any:
        """Above the box; inside it where the image ends."""
        size = min(max(_TEXT_SHARE * roi.width, _SMALLEST_TEXT), _LARGEST_TEXT)
        bottom = roi.y_offset if roi.y_offset >= 1.3 * size else roi.y_offset + 1.3 * size
        return self(
            "TextAnnotation",
            timestamp=self._time,
            position=self._point(roi.x_offset, bottom),
            text=text,
            font_size=size,
            text_color=self._colour(text_colour_on(colour)),
            background_color=self._colour(colour),
            metadata=[],
        )

    def _points(
        self, kind: int, points: Any, colour: Rgb, *, thickness: float, about: Mapping[str, str] | None = None
    ) -> Any:
        return self(
            "PointsAnnotation",
            timestamp=self._time,
            type=kind,
            points=[self._point(x, y) for x, y in points],
            outline_color=self._colour(colour),
            outline_colors=[],
            fill_color=self._colour(BACKGROUND, 0.0) if kind == _LINE_LOOP else self._colour(colour),
            thickness=thickness,
            metadata=[self("KeyValuePair", key=key, value=value) for key, value in (about or {}).items()],
        )

    def _point(self, x: float, y: float) -> Any:
        return self("Point2", x=float(x), y=float(y))

    def _colour(self, rgb: Rgb, alpha: float = 1.0) -> Any:
        red, green, blue = (value / 255 for value in rgb)
        return self("Color", r=red, g=green, b=blue, a=alpha)


@cache
def _store() -> Typestore:
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(joined(_DEFINITIONS), KIND))
    return store


def _nanoseconds(stamp: Any) -> int:
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
