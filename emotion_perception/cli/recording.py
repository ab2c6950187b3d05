"""What `emotion-perception run --out` writes: emotion.csv, overlay.mp4 and timeline.png."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import Image

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.labels import LABELS
from emotion_perception.core.report.emotion_csv import EmotionCsv, EmotionRow
from emotion_perception.core.report.overlay_video import OverlayVideo
from emotion_perception.core.report.timeline import write_timeline
from emotion_perception.msg import EmotionArray
from emotion_perception.ros.images import image_to_bgr
from emotion_perception.ros.messages import nanoseconds
from emotion_perception.ros.qos import RELIABLE


class Recording(Node):
    """Writes what it hears of `emotion` and sees of `emotion/overlay` into a folder, until `finish`.

    failure: the sentence of the first write that failed (disk full); the rest of the robot goes on.
    """

    def __init__(self, *, folder: Path, video: bool, **options: Any) -> None:
        super().__init__("recording", **options)
        self.failure: str | None = None
        #: Stamps (ns) of what was taken last.
        self.newest_emotion: int | None = None
        self.newest_picture: int | None = None
        self._folder = folder
        self._table = EmotionCsv(folder / "emotion.csv", LABELS)
        self._video = OverlayVideo(folder / "overlay.mp4") if video else None
        self.create_subscription(EmotionArray, "emotion", self._take_emotion, RELIABLE)
        if video:
            self.create_subscription(Image, "emotion/overlay", self._take_picture, RELIABLE)

    @property
    def pictures_lost(self) -> int:
        """How many pictures the video lacks, as the computer could not encode them in time."""
        return self._video.dropped if self._video else 0

    def finish(self) -> list[Path]:
        """Close the files, draw the timeline, and return what was written."""
        try:
            self._table.close()
            if self._video:
                self._video.close()
            write_timeline(self._folder / "emotion.csv", self._folder / "timeline.png")
        except PerceptionError as error:
            self._fail(error)
        names = ("emotion.csv", "overlay.mp4", "timeline.png")
        return [self._folder / name for name in names if (self._folder / name).is_file()]

    def _take_emotion(self, message: EmotionArray) -> None:
        stamp, labels = nanoseconds(message.header), list(message.labels)
        try:
            for each in message.emotions:
                known = dict(zip(labels, each.probabilities, strict=True))
                probabilities = tuple(known.get(label, 0.0) for label in LABELS)
                self._table.write(EmotionRow(stamp, each.face_id, each.label, each.confidence, probabilities))
        except PerceptionError as error:
            self._fail(error)
        self.newest_emotion = stamp

    def _take_picture(self, message: Image) -> None:
        self.newest_picture = nanoseconds(message.header)
        if self._video:
            try:
                self._video.write(image_to_bgr(message), self.newest_picture)
            except PerceptionError as error:
                self._video = None
                self._fail(error)

    def _fail(self, error: PerceptionError) -> None:
        if self.failure is None:
            self.failure = str(error)
            self.get_logger().error(self.failure)
