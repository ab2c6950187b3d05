"""The thread that reads a source: it delivers frames at their pace, and goes on when the source was lost."""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable

from emotion_perception.core.errors import SourceError, StaleSourceError
from emotion_perception.sources.base import Frame, Report, Source, log_report
from emotion_perception.sources.timing import Pacer, Stamper

_FIRST_RETRY, _LAST_RETRY = 0.2, 0.4
_STOP_TIMEOUT = 0.9
_COMPLAINT_INTERVAL = 10.0


class CaptureState(enum.StrEnum):
    """What a capture is doing."""

    OPENING = "opening"
    RUNNING = "running"
    STALE = "stale"
    LOST = "lost"
    ENDED = "ended"
    STOPPED = "stopped"


OnState = Callable[[CaptureState, str], None]


class Capture:
    """Reads a source in a thread of its own and delivers its frames with their stamps, until stopped or at its end.

    A recording plays in real time (see timing.Pacer); no frame of it is dropped and its stamps do not depend on
    delays (see timing.Stamper). With ``real_time`` false its frames follow as fast as ``deliver`` returns.
    A source that is absent or was lost is opened again: after 0.2 s, then ever more slowly, up to every 0.4 s, so that
    its frames are back within a second of its return. One that is silent but may resume is told about as stale.
    No frame is delivered twice: silence of a source is silence here.

    deliver: called in the thread with each frame and its stamp (ns). What it raises is reported and does not end the
        capture. If it blocks (flow control), whoever calls `stop` unblocks it first.
    clock: nanoseconds of the clock that stamps are taken from: time.time_ns, or a ROS clock's.
    timestamp_offset: seconds added to the stamps of a live source.
    on_state: called in the thread when the state changes, with a sentence that explains it. An outage is told once,
        and again when its reason changes.
    report: takes sentences about what went wrong while the capture goes on.
    """

    def __init__(
        self,
        source: Source,
        deliver: Callable[[Frame, int], None],
        *,
        clock: Callable[[], int] = time.time_ns,
        on_state: OnState = lambda state, sentence: None,
        report: Report = log_report,
        real_time: bool = True,
        timestamp_offset: float = 0.0,
    ) -> None:
        self._source = source
        self._deliver = deliver
        self._on_state = on_state
        self._report = report
        self._stamper = Stamper(clock, offset=timestamp_offset)
        self._real_time = real_time
        self._lock = threading.Lock()
        self._run: _Run | None = None

    def start(self) -> None:
        """Start reading and return at once; does nothing while at work. After `stop` or the end it starts anew."""
        with self._lock:
            if self._run is None or not self._run.is_alive():
                self._run = _Run(
                    self._source, self._deliver, self._stamper, self._on_state, self._report, real_time=self._real_time
                )
                self._run.start()

    def stop(self) -> None:
        """Stop reading and close the source, within a second; no frame is delivered and no state told afterwards.

        A `deliver` that hangs longer than that is left behind and reported. From within `deliver`, stop returns at
        once and takes effect when `deliver` does.
        """
        with self._lock:
            run, self._run = self._run, None
        if run is not None:
            run.stop()


class _Run(threading.Thread):
    """One life of the capturing thread."""

    def __init__(
        self,
        source: Source,
        deliver: Callable[[Frame, int], None],
        stamper: Stamper,
        on_state: OnState,
        report: Report,
        *,
        real_time: bool,
    ) -> None:
        super().__init__(name="capture", daemon=True)
        self._source = source
        self._deliver = deliver
        self._stamper = stamper
        self._on_state = on_state
        self._report = report
        self._pacer = Pacer() if real_time and not source.live else None
        self._stop_asked = threading.Event()
        self._left_behind = False
        self._told: tuple[CaptureState, str] | None = None
        self._retry = _FIRST_RETRY
        self._next_complaint = 0.0
        self._told_slow = False

    def stop(self) -> None:
        self._stop_asked.set()
        if threading.current_thread() is self:
            return
        self._source.close()
        self.join(_STOP_TIMEOUT)
        if self.is_alive():
            self._left_behind = True
            self._report(f"{self._source.description}: whatever takes its frames hangs; it was left behind")

    def run(self) -> None:
        while not self._stop_asked.is_set():
            outage = self._play()
            if self._stop_asked.is_set():
                break
            if outage is None:
                self._tell(CaptureState.ENDED, f"{self._source.description} is at its end")
                return
            self._tell(CaptureState.LOST, outage)
            self._stop_asked.wait(self._retry)
            self._retry = min(2 * self._retry, _LAST_RETRY)
        self._tell(CaptureState.STOPPED, f"{self._source.description} was stopped")

    def _play(self) -> str | None:
        """Open the source and deliver what it has. Returns why it was lost, None at its end or when stopped."""
        try:
            if self._told is None:
                self._tell(CaptureState.OPENING, f"opening {self._source.description}")
            self._source.open()
            self._stamper.restart()
            if self._pacer:
                self._pacer.restart()
            while not self._stop_asked.is_set():
                try:
                    frame = self._source.read()
                except StaleSourceError as silence:
                    self._tell(CaptureState.STALE, str(silence))
                    continue
                if frame is None:
                    break
                self._pass_on(frame)
        except SourceError as error:
            return str(error)
        except Exception as error:  # a fault in a source must not silence the camera for good
            return f"{self._source.description} failed ({type(error).__name__}: {error})"
        finally:
            if not self._left_behind:  # or it would close what a later run has opened
                self._source.close()
        return f"{self._source.description} stopped sending" if self._source.live else None

    def _pass_on(self, frame: Frame) -> None:
        stamp = self._stamper.stamp(frame)
        if self._pacer and frame.time is not None:
            self._note_delay(self._pacer.wait(frame.time, self._stop_asked))
        if self._stop_asked.is_set():
            return
        self._retry = _FIRST_RETRY
        self._tell(CaptureState.RUNNING, self._source.description)
        try:
            self._deliver(frame, stamp)
        except Exception as error:  # one bad frame or a subscriber's fault must not end the stream
            now = time.monotonic()
            if now >= self._next_complaint:
                self._next_complaint = now + _COMPLAINT_INTERVAL
                self._report(f"a frame could not be passed on ({type(error).__name__}: {error})")

    def _note_delay(self, seconds: float) -> None:
        if seconds and not self._told_slow:
            self._told_slow = True
            self._report(
                f"{self._source.description} fell {seconds:.1f} s behind: the machine was suspended, or is too slow "
                "to play it in real time"
            )

    def _tell(self, state: CaptureState, sentence: str) -> None:
        if self._left_behind or (state, sentence) == self._told:
            return
        self._told = state, sentence
        self._on_state(state, sentence)
