"""What `emotion-perception camera test` measures: frame rate, exposure and sharpness of a source."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import cv2

from emotion_perception.core.errors import PerceptionError, SourceError
from emotion_perception.sources.base import Frame, SourceOptions
from emotion_perception.sources.capture import Capture, CaptureState
from emotion_perception.sources.look import Look
from emotion_perception.sources.uri import open_source

_FIRST_FRAME_TIMEOUT = 10.0  # seconds; a stream waits for its next key frame
_GONE = (CaptureState.LOST, CaptureState.STALE)


class SourceCheck:
    """Frames of a source, counted and looked at for some seconds.

    snapshot: where the last frame is written; None writes nothing.
    """

    def __init__(self, uri: str, options: SourceOptions, *, seconds: float, snapshot: Path | None) -> None:
        self._source = open_source(uri, options, report=_warn)
        self._seconds = seconds
        self._snapshot = snapshot
        self._changed = threading.Condition()
        self._moments: list[float] = []
        self._newest: Frame | None = None
        self._state = CaptureState.OPENING
        self._lost = ""

    def run(self) -> int:
        """Print what was measured and return 0. Raises PerceptionError when no frame came or none can be written."""
        source = self._source
        capture = Capture(source, self._take, on_state=self._note, report=_warn)
        capture.start()
        try:
            looks = self._watch()
        finally:
            capture.stop()
        if self._newest is None or not looks:
            raise SourceError(self._lost or f"{source.description} sent no frame in {_FIRST_FRAME_TIMEOUT:g} s")
        self._summarise(source.description, looks)
        if self._snapshot:
            _write(self._snapshot, self._newest)
        return 0

    def _take(self, frame: Frame, stamp: int) -> None:
        with self._changed:
            self._moments.append(time.monotonic())
            self._newest = frame
            self._changed.notify_all()

    def _note(self, state: CaptureState, sentence: str) -> None:
        with self._changed:
            self._state = state
            if state in _GONE:
                self._lost = sentence
            self._changed.notify_all()
        if state in _GONE and self._moments:
            _warn(sentence)

    def _watch(self) -> list[Look]:
        """Look at the newest frame twice a second until the time is over or the source has ended."""
        looks: list[Look] = []
        with self._changed:
            over = (CaptureState.LOST, CaptureState.ENDED)  # a stream that is silent may still begin
            self._changed.wait_for(lambda: self._moments or self._state in over, _FIRST_FRAME_TIMEOUT)
        end = time.monotonic() + self._seconds
        while self._newest is not None and time.monotonic() < end and self._state is not CaptureState.ENDED:
            looks.append(Look.measure(self._newest.image))
            if sys.stdout.isatty():
                print(f"\r\x1b[K{_rate(self._moments[-60:]):5.1f} fps  {_describe(looks[-1])}", end="", flush=True)
            with self._changed:
                self._changed.wait_for(lambda: self._state is CaptureState.ENDED, min(0.5, self._seconds))
        if self._newest is not None and not looks:  # over before it was looked at
            looks.append(Look.measure(self._newest.image))
        if sys.stdout.isatty():
            print("\r\x1b[K", end="")
        return looks

    def _summarise(self, description: str, looks: list[Look]) -> None:
        assert self._newest is not None
        height, width = self._newest.image.shape[:2]
        gaps = [later - earlier for earlier, later in zip(self._moments, self._moments[1:], strict=False)]
        mean = Look(*(sum(values) / len(looks) for values in zip(*map(_values, looks), strict=True)))
        print(description)
        print(f"frames     {len(self._moments)} of {width}x{height}, {_rate(self._moments):.1f} fps", end="")
        print(f", longest gap {1e3 * max(gaps):.0f} ms" if gaps else "")
        print(f"exposure   {_exposure(mean)}" + (f": {mean.advice}" if mean.advice else ""))
        print(f"sharpness  {mean.sharpness:.0f} (depends on the scene; turn the focus to where it is largest)")


def _values(look: Look) -> tuple[float, float, float, float]:
    return look.brightness, look.black, look.white, look.sharpness


def _rate(moments: list[float]) -> float:
    return (len(moments) - 1) / (moments[-1] - moments[0]) if len(moments) > 1 else 0.0


def _exposure(look: Look) -> str:
    return f"mean {look.brightness:.0f} of 255, {look.black:.1%} black, {look.white:.1%} white"


def _describe(look: Look) -> str:
    return f"{_exposure(look)}, sharpness {look.sharpness:.0f}"


def _write(path: Path, frame: Frame) -> None:
    try:
        written = cv2.imwrite(str(path), frame.image)
    except cv2.error:  # a suffix that OpenCV does not know
        written = False
    if not written:
        raise PerceptionError(f"{path} cannot be written: give a .png or .jpg in a folder that you may write to")
    print(f"wrote {path}")


def _warn(sentence: str) -> None:
    print(sentence, file=sys.stderr)
