"""Video files, decoded by FFmpeg (PyAV) with their true presentation times."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream
from numpy.typing import NDArray

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.base import Frame, Report, log_report
from emotion_perception.sources.bgr import BgrConverter

# FFmpeg takes any text file for ANSI art and plays it.
_NOT_VIDEO = frozenset({"tty"})
_SMALLEST_STEP = 0.001
_USUAL_RATE = 25.0


class FileSource:
    """Plays one video file; sound is ignored, rotation and pixel shape of the recording are honoured.

    Times are those of the file (variable frame rates too), counted from its first frame. Damaged packets are skipped
    and reported; a truncated file plays as far as it goes.
    """

    live = False

    def __init__(self, path: Path, *, loop: bool = False, report: Report = log_report) -> None:
        self._path = path.expanduser()
        self._loop = loop
        self._report = report
        self._lock = threading.Lock()
        # Decoded in slice threads, PyAV's default: frame threads hide errors and lose the frames around them.
        self._container: InputContainer | None = None
        self._frames: Iterator[Frame] = iter(())
        self._rate: float | None = None
        self._size = ""

    @property
    def frame_rate(self) -> float | None:
        """Average frames per second of the file; None before `open`, or when the file does not say."""
        return self._rate

    @property
    def description(self) -> str:
        """The file's name, with the recorded size and rate once it was opened."""
        rate = f", {self._rate:.4g} fps" if self._rate else ""
        return f"{self._path.name} ({self._size}{rate})" if self._size else self._path.name

    def open(self) -> None:
        """Open the file. Raises SourceError when it is missing, unreadable or not a video."""
        with self._lock:
            self._release()
            self._frames = self._play(self._open_stream())

    def read(self) -> Frame | None:
        """Return the next frame, or None at the end. Raises SourceError when nothing in the file can be decoded."""
        with self._lock:
            return next(self._frames, None)

    def close(self) -> None:
        """Close the file; a read under way in another thread ends first (the time of one frame)."""
        with self._lock:
            self._frames = iter(())
            self._release()

    def _release(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None

    def _open_stream(self) -> VideoStream:
        _check_file(self._path)
        try:
            self._container = av.open(str(self._path))
        except FFmpegError as error:
            raise SourceError(
                f"file: {self._path} cannot be played ({error.strerror}): it is not a video, or it was cut short; "
                "copy it again, or try it in a video player"
            ) from error
        stream = self._container.streams.best("video")
        if not isinstance(stream, VideoStream) or self._container.format.name in _NOT_VIDEO:
            self._release()
            raise SourceError(f"file: {self._path} holds no moving picture: give the path of a video")
        rate = stream.average_rate or stream.guessed_rate
        self._rate = float(rate) if rate else None
        self._size = f"{stream.width}x{stream.height}"
        return stream

    def _play(self, stream: VideoStream) -> Iterator[Frame]:
        """Yield the frames of one play of the file, or of one after another when looping."""
        times = _Times(1 / (self._rate or _USUAL_RATE))
        converter = BgrConverter()
        loop = 0
        while True:
            frames = _Frames(stream)
            for frame in frames:
                yield Frame(_upright_bgr(frame, stream, converter), times.of(frame))
            if frames.decoded == 0:
                raise SourceError(f"file: no picture of {self._path} can be decoded: it is damaged, copy it again")
            if frames.damaged and loop == 0:
                self._report(f"file: damaged packets of {self._path} were skipped: {frames.damaged}")
            if not self._loop:
                return
            loop += 1
            times.restart()
            self._release()
            stream = self._open_stream()


class _Frames:
    """Iterates over the frames of a stream once, and counts what cannot be decoded instead of stopping at it."""

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self.decoded = 0
        self.damaged = 0

    def __iter__(self) -> Iterator[av.VideoFrame]:
        container = self._stream.container
        assert isinstance(container, InputContainer)
        packets = container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
            except FFmpegError:  # the file ends in the middle of something
                self.damaged += 1
                return
            try:
                frames = packet.decode()
            except FFmpegError:
                self.damaged += 1
                continue
            for frame in frames:
                if not isinstance(frame, av.VideoFrame) or frame.is_corrupt:
                    self.damaged += 1
                else:
                    self.decoded += 1
                    yield frame


class _Times:
    """Turns the file's own times into times that start at 0, always grow, and go on over loops.

    A frame without a time, or with one that does not grow, follows its predecessor: stamps must be unique, since
    everything derived from a frame is joined by its stamp.
    """

    def __init__(self, step: float) -> None:
        self._step = step
        self._last: float | None = None
        self._offset: float | None = None

    def restart(self) -> None:
        """Say that the next frame is the first of another play."""
        self._offset = None

    def of(self, frame: av.VideoFrame) -> float:
        """Return the presentation time of ``frame``, in seconds since the first frame of the first play."""
        expected = 0.0 if self._last is None else self._last + self._step
        time = expected
        if frame.time is not None:
            if self._offset is None:
                self._offset = expected - frame.time
            time = frame.time + self._offset
        if self._last is not None:
            time = max(time, self._last + _SMALLEST_STEP)
        if frame.duration and frame.time_base:
            self._step = float(frame.duration * frame.time_base)
        self._last = time
        return time


def _check_file(path: Path) -> None:
    """Raise a SourceError that says more than FFmpeg would about a path that cannot be a video file."""
    try:
        if path.is_dir():
            raise SourceError(f"file: {path} is a folder: use images:{path} to show its pictures")
        if not path.exists():
            where = "" if path.is_absolute() else f" in {Path.cwd()}"
            raise SourceError(f"file: there is no {path}{where}: check the path")
        if not path.is_file():
            raise SourceError(f"file: {path} is a device or pipe, not a file: give the path of a video")
        with path.open("rb") as file:
            if not file.read(1):
                raise SourceError(f"file: {path} is empty (0 bytes): copy it again")
    except OSError as error:
        raise SourceError(f"file: {path} cannot be read ({error.strerror}): check its permissions") from error


def _upright_bgr(frame: av.VideoFrame, stream: VideoStream, converter: BgrConverter) -> NDArray[np.uint8]:
    """Convert to (H, W, 3) bgr8 with square pixels, turned the way the recording device was held."""
    shape = stream.sample_aspect_ratio
    width = round(frame.width * shape) if shape else frame.width
    image = converter.convert(frame, width=width)
    quarters = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, quarters))
