"""An H.264 mp4 that browsers play, with a time of its own for every frame."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream
from numpy.typing import NDArray

_TIME_BASE = Fraction(1, 90_000)
_USUAL_STEP = 33_333_333
_LONGEST_STEP = 10_000_000_000
_SMALLEST_SIDE, _LARGEST_SIDE = 16, 1920
# superfast: 2.3 ms of CPU for a 640x360 frame; veryfast takes a third more for half the size, ultrafast saves a third
# and doubles it. One thread: further ones take time from the detection that runs beside.
_ENCODER = {"preset": "superfast", "crf": "22", "g": "60", "threads": "1"}


class Mp4Writer:
    """Encodes pictures into a file; what cannot be written raises av.error.FFmpegError or OSError.

    All pictures take the size of the first one, made even and at most 1920 pixels long; others are fitted into it.
    Frames are as far apart as their stamps. A stamp that goes back, or forward by more than 10 s, is a cut: the video
    goes on after the usual step.
    """

    def __init__(self, path: Path) -> None:
        # faststart: the index goes to the front, so that a browser plays before it has the whole file
        self._container: OutputContainer = av.open(str(path), "w", options={"movflags": "+faststart"})
        self._stream: VideoStream | None = None
        self._times = _Times()

    def add(self, image: NDArray[np.uint8], stamp: int) -> None:
        """Append a picture, (H, W, 3) bgr8, shown from ``stamp`` (ns) on."""
        if self._stream is None:
            self._stream = self._start(*_video_size(image.shape[1], image.shape[0]))
        stream = self._stream
        picture = av.VideoFrame.from_ndarray(_fit(image, stream.width, stream.height), format="bgr24")
        frame = picture.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
        frame.pts, frame.time_base = self._times.of(stamp), _TIME_BASE
        self._container.mux(stream.encode(frame))

    def close(self) -> None:
        """Write what the encoder still holds, and the index."""
        try:
            if self._stream is not None:
                self._container.mux(self._stream.encode())
        finally:
            self._container.close()

    def _start(self, width: int, height: int) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=30, options=_ENCODER)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        codec = stream.codec_context
        codec.time_base = _TIME_BASE
        codec.colorspace, codec.color_range = Colorspace.ITU709, ColorRange.MPEG
        codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        return stream


class _Times:
    """Turns stamps (ns) into ticks of the video that start at 0 and always grow."""

    def __init__(self) -> None:
        self._base: tuple[int, int] | None = None  # stamp and tick from which the others are counted
        self._last = (0, 0)
        self._step = _USUAL_STEP

    def of(self, stamp: int) -> int:
        last_stamp, last_tick = self._last
        if self._base is None:
            self._base = stamp, 0
            tick = 0
        else:
            step = stamp - last_stamp
            if 0 < step <= _LONGEST_STEP:
                self._step = step
            else:
                self._base = stamp, last_tick + _ticks(self._step)
            tick = max(last_tick + 1, self._base[1] + _ticks(stamp - self._base[0]))
        self._last = stamp, tick
        return tick


def _ticks(nanoseconds: int) -> int:
    return round(nanoseconds * _TIME_BASE.denominator / 1_000_000_000)


def _video_size(width: int, height: int) -> tuple[int, int]:
    """Return the size of the video for a first picture of that size: even, as yuv420p wants it."""
    shrink = min(1.0, _LARGEST_SIDE / max(width, height))
    return _even(width * shrink), _even(height * shrink)


def _even(side: float) -> int:
    return max(_SMALLEST_SIDE, (round(side) + 1) // 2 * 2)


def _fit(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return the picture in that size: its last row and column repeated if that is all, or scaled between bars."""
    missing_x, missing_y = width - image.shape[1], height - image.shape[0]
    if missing_x == missing_y == 0:
        return image
    if 0 <= missing_x <= 1 and 0 <= missing_y <= 1:
        return np.asarray(cv2.copyMakeBorder(image, 0, missing_y, 0, missing_x, cv2.BORDER_REPLICATE), np.uint8)
    scale = min(width / image.shape[1], height / image.shape[0])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    canvas = np.zeros((height, width, 3), np.uint8)
    x, y = (width - size[0]) // 2, (height - size[1]) // 2
    canvas[y : y + size[1], x : x + size[0]] = scaled
    return canvas
