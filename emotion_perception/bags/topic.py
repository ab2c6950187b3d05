"""A topic as bags know it, and the topics that are worth recording and replaying."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rosbags.interfaces import Qos

from emotion_perception.bags.definitions import Definition, definition

IMAGE, COMPRESSED_IMAGE = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
CAMERA_INFO = "sensor_msgs/msg/CameraInfo"
COMPRESSED = "/compressed"

#: Recorded unless others are asked for; relative to the namespace. Images come in addition (see `default_topics`).
#: `faces` is not among them: it carries a picture of every face.
DEFAULT_TOPICS = (
    "camera_info",
    "emotion",
    "identities",
    "speech",
    "heard",
    "speaking",
    "dialogue/state",
    "privacy_notice",
    "/diagnostics",
)
_IMAGES = "image_raw"


@dataclass(frozen=True)
class Topic:
    """What a bag says of a topic.

    name: absolute. kind: its type, e.g. "std_msgs/msg/String".
    qos: what each publisher offered, in the order of discovery.
    definition: of the type as the bag holds it; None: as it is installed here.
    """

    name: str
    kind: str
    qos: tuple[Qos, ...] = ()
    definition: Definition | None = field(default=None, compare=False, repr=False)

    @property
    def described(self) -> Definition:
        """The definition of its type. Raises BagError when it is neither in the bag nor installed."""
        return self.definition or definition(self.kind)

    @property
    def is_image(self) -> bool:
        """Whether it carries pictures, raw or compressed."""
        return self.kind in (IMAGE, COMPRESSED_IMAGE)

    @property
    def is_input(self) -> bool:
        """Whether perception starts from it: pictures and their calibration."""
        return self.is_image or self.kind == CAMERA_INFO


def absolute(name: str, namespace: str = "") -> str:
    """Return a topic's full name: "emotion" in the namespace "robot1" is "/robot1/emotion"."""
    return name if name.startswith("/") else "/" + "/".join(filter(None, [namespace.strip("/"), name]))


def default_topics(published: Iterable[str], *, namespace: str = "", raw: bool = False) -> set[str]:
    """Return which of the published topics to record when none are named.

    published: full names that have a publisher. Of the camera's images the compressed ones are taken if there are
    any, unless ``raw`` ones are preferred: a 640x480 camera fills 28 MB/s raw and 1.5 MB/s as JPEG.
    """
    there = set(published)
    wanted = {absolute(name, namespace) for name in DEFAULT_TOPICS}
    plain = absolute(_IMAGES, namespace)
    choices = [plain, plain + COMPRESSED] if raw else [plain + COMPRESSED, plain]
    images = next((name for name in choices if name in there), None)
    return (wanted & there) | ({images} if images else set())


def remapped(name: str, rules: Mapping[str, str]) -> str:
    """Return the name that a topic is played under; the rules are absolute names -> absolute names."""
    if name in rules:
        return rules[name]
    base = name.removesuffix(COMPRESSED)  # image_raw:=front/image_raw moves its compressed images too
    return rules[base] + COMPRESSED if base != name and base in rules else name
