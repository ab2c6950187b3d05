from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from emotion_perception.core.errors import SourceError, StaleSourceError
from emotion_perception.sources.base import Frame, Source
from emotion_perception.sources.capture import Capture, CaptureState
from emotion_perception.sources.file import FileSource
from emotion_perception.sources.synthetic import SyntheticSource

IMAGE = np.zeros((1, 1, 3), np.uint8)
Step = Frame | Exception | None


class ScriptedSource:
    """Plays one list of steps each time it is opened: frames, errors (the first one in `open`), None for the end."""

    frame_rate = None
    description = "a script"

    def __init__(self, *plays: Sequence[Step], live: bool = True, block: bool = False) -> None:
        self.live = live
        self.opened = 0
        self.closed = threading.Event()
        self._plays = list(plays)
        self._block = block
        self._steps: Iterator[Step] = iter(())

    def open(self) -> None:
        self.opened += 1
        self.closed.clear()
        steps = self._plays.pop(0) if len(self._plays) > 1 else self._plays[0]
        if steps and isinstance(steps[0], Exception):
            raise steps[0]
        self._steps = iter(steps)

    def read(self) -> Frame | None:
        try:
            step = next(self._steps)
        except StopIteration:
            if self._block:
                self.closed.wait(20)
            return None
        if isinstance(step, Exception):
            raise step
        return step

    def close(self) -> None:
        self.closed.set()


class Watch:
    """Collects what a capture delivers and tells."""

    def __init__(self, source: Source, deliver: Callable[[Frame, int], None] | None = None, **options: object) -> None:
        self.frames: queue.Queue[tuple[Frame, int]] = queue.Queue()
        self.states: list[tuple[CaptureState, str]] = []
        self.reports: list[str] = []
        self._changed = threading.Condition()
        self.capture = Capture(
            source,
            deliver or (lambda frame, stamp: self.frames.put((frame, stamp))),
            on_state=self._note,
            report=self.reports.append,
            **options,  # type: ignore[arg-type]
        )

    def _note(self, state: CaptureState, sentence: str) -> None:
        with self._changed:
            self.states.append((state, sentence))
            self._changed.notify_all()

    def wait_for(self, state: CaptureState, count: int = 1, timeout: float = 5.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: [s for s, _ in self.states].count(state) >= count, timeout), (
                self.states
            )

    def next_frame(self, timeout: float = 5.0) -> tuple[Frame, int]:
        return self.frames.get(timeout=timeout)


@pytest.fixture
def fast_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emotion_perception.sources.capture._FIRST_RETRY", 0.01)
    monkeypatch.setattr("emotion_perception.sources.capture._LAST_RETRY", 0.02)


def test_a_recording_is_delivered_whole_with_its_stamps_and_then_ends() -> None:
    watch = Watch(SyntheticSource(width=16, height=16, rate=100, count=20), clock=lambda: 5_000_000_000)
    began = time.monotonic()
    watch.capture.start()
    watch.wait_for(CaptureState.ENDED)
    assert time.monotonic() - began >= 0.19
    stamps = [watch.next_frame()[1] for _ in range(20)]
    assert watch.frames.empty()
    assert stamps == [5_000_000_000 + index * 10_000_000 for index in range(20)]
    assert [state for state, _ in watch.states] == ["opening", "running", "ended"]


def test_without_real_time_frames_follow_as_fast_as_they_are_taken() -> None:
    watch = Watch(SyntheticSource(width=16, height=16, rate=0.1, count=50), real_time=False)
    watch.capture.start()
    watch.wait_for(CaptureState.ENDED)
    assert watch.frames.qsize() == 50


def test_an_absent_source_is_told_once_and_used_as_soon_as_it_is_there(tmp_path: Path, fast_retry: None) -> None:
    source = ScriptedSource(
        [SourceError("no such camera")], *[[SourceError("no such camera")]] * 5, [Frame(IMAGE)], block=True
    )
    watch = Watch(source)
    watch.capture.start()
    watch.next_frame()
    watch.capture.stop()
    assert source.opened == 7
    assert watch.states[1:3] == [(CaptureState.LOST, "no such camera"), (CaptureState.RUNNING, "a script")]


@pytest.mark.parametrize("loss", [SourceError("unplugged"), RuntimeError("a bug"), None])
def test_a_live_source_that_is_lost_comes_back(fast_retry: None, loss: Exception | None) -> None:
    watch = Watch(ScriptedSource([Frame(IMAGE), loss], [Frame(IMAGE)], block=True))
    watch.capture.start()
    first, second = watch.next_frame(), watch.next_frame()
    watch.capture.stop()
    assert second[1] > first[1]
    assert [state for state, _ in watch.states] == ["opening", "running", "lost", "running", "stopped"]
    reason = watch.states[2][1]
    assert (
        reason
        == {
            SourceError: "unplugged",
            RuntimeError: "a script failed (RuntimeError: a bug)",
            type(None): "a script stopped sending",
        }[type(loss)]
    )


def test_another_reason_for_the_same_outage_is_told(fast_retry: None) -> None:
    watch = Watch(ScriptedSource([Frame(IMAGE), SourceError("silent")], [SourceError("gone")]))
    watch.capture.start()
    watch.wait_for(CaptureState.LOST, count=2)
    time.sleep(0.1)
    watch.capture.stop()
    assert [sentence for state, sentence in watch.states if state == CaptureState.LOST] == ["silent", "gone"]


def test_a_missing_file_is_played_when_it_appears(
    tmp_path: Path, make_video: Callable[..., Path], fast_retry: None
) -> None:
    path = tmp_path / "later.mp4"
    watch = Watch(FileSource(path), real_time=False)
    watch.capture.start()
    watch.wait_for(CaptureState.LOST)
    make_video("clip.mp4").rename(path)
    watch.wait_for(CaptureState.ENDED)
    assert watch.frames.qsize() == 20


def test_retries_slow_down_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emotion_perception.sources.capture._FIRST_RETRY", 0.02)
    monkeypatch.setattr("emotion_perception.sources.capture._LAST_RETRY", 0.05)
    attempts: list[float] = []

    class Absent(ScriptedSource):
        def open(self) -> None:
            attempts.append(time.monotonic())
            if len(attempts) == 9:
                enough.set()
            super().open()

    enough = threading.Event()
    watch = Watch(Absent([SourceError("no such camera")]))
    watch.capture.start()
    assert enough.wait(2), "eight retries without a limit would take 5 s"
    watch.capture.stop()
    waits = np.diff(attempts)
    assert waits[0] >= 0.02
    assert waits[1] >= 0.04
    assert waits[2:8].min() >= 0.05


@pytest.mark.parametrize(
    "source",
    [
        ScriptedSource([SourceError("no such camera")]),
        ScriptedSource([Frame(IMAGE)], block=True),
        ScriptedSource([Frame(IMAGE, 0.0), Frame(IMAGE, 3600.0)], live=False),
        SyntheticSource(width=16, height=16, rate=1000),
        SyntheticSource(width=16, height=16, rate=1000, count=1),
    ],
    ids=["backing off", "blocked in read", "waiting for a frame to be due", "running", "ended"],
)
def test_stop_returns_within_a_second_in_any_state_and_is_final(source: Source) -> None:
    watch = Watch(source)
    watch.capture.start()
    time.sleep(0.1)
    began = time.monotonic()
    watch.capture.stop()
    assert time.monotonic() - began < 1
    assert watch.states[-1][0] in (CaptureState.STOPPED, CaptureState.ENDED)
    frames, states = watch.frames.qsize(), len(watch.states)
    time.sleep(0.05)
    assert (watch.frames.qsize(), len(watch.states)) == (frames, states)
    watch.capture.stop()
    assert watch.reports == []


def test_it_starts_again_after_stop_with_growing_stamps() -> None:
    watch = Watch(SyntheticSource(width=16, height=16, rate=1000, count=3))
    for _ in range(10):
        watch.capture.start()
        watch.capture.start()
        watch.next_frame()
        watch.capture.stop()
    threads = [thread for thread in threading.enumerate() if thread.name == "capture"]
    assert threads == []


def test_stamps_grow_over_restarts() -> None:
    watch = Watch(
        SyntheticSource(width=16, height=16, rate=1000, count=3), clock=lambda: 7_000_000_000, real_time=False
    )
    for count in (1, 2):
        watch.capture.start()
        watch.wait_for(CaptureState.ENDED, count)
    stamps = [watch.next_frame()[1] for _ in range(6)]
    assert stamps == sorted(set(stamps))


def test_a_recording_played_again_is_stamped_from_the_clock_again() -> None:
    now = 7_000_000_000
    watch = Watch(SyntheticSource(width=16, height=16, count=2), clock=lambda: now, real_time=False)
    watch.capture.start()
    watch.wait_for(CaptureState.ENDED)
    now = 90_000_000_000
    watch.capture.start()
    watch.wait_for(CaptureState.ENDED, 2)
    assert [watch.next_frame()[1] for _ in range(4)][::2] == [7_000_000_000, 90_000_000_000]


def test_a_source_that_had_come_back_is_tried_again_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emotion_perception.sources.capture._FIRST_RETRY", 0.02)
    absent = [SourceError("no such camera")]
    watch = Watch(ScriptedSource(*[absent] * 4, [Frame(IMAGE), SourceError("unplugged")], [Frame(IMAGE)], block=True))
    watch.capture.start()
    watch.next_frame()
    back = time.monotonic()
    watch.next_frame()
    assert time.monotonic() - back < 0.25, "0.32 s would be the next step of the slow-down"
    watch.capture.stop()


def test_what_deliver_raises_is_reported_and_the_frames_go_on() -> None:
    count = 0

    def deliver(frame: Frame, stamp: int) -> None:
        nonlocal count
        count += 1
        raise ValueError("encoding not known")

    watch = Watch(SyntheticSource(width=16, height=16, rate=1000, count=20), deliver)
    watch.capture.start()
    watch.wait_for(CaptureState.ENDED)
    assert count == 20
    assert watch.reports == ["a frame could not be passed on (ValueError: encoding not known)"]


def test_a_deliver_that_hangs_is_left_behind_and_harms_no_later_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emotion_perception.sources.capture._STOP_TIMEOUT", 0.05)
    release, entered = threading.Event(), threading.Event()
    source = ScriptedSource([Frame(IMAGE)], block=True)

    def deliver(frame: Frame, stamp: int) -> None:
        entered.set()
        release.wait(10)

    watch = Watch(source, deliver)
    watch.capture.start()
    assert entered.wait(2)
    hanging = next(thread for thread in threading.enumerate() if thread.name == "capture")
    watch.capture.stop()
    assert "hangs" in watch.reports[0]
    entered.clear()
    watch.capture.start()
    assert entered.wait(2)
    release.set()
    hanging.join(2)
    assert not source.closed.is_set()
    assert CaptureState.STOPPED not in [state for state, _ in watch.states]
    watch.capture.stop()
    assert watch.states[-1][0] == CaptureState.STOPPED


def test_stop_may_be_called_from_deliver() -> None:
    done = threading.Event()

    def deliver(frame: Frame, stamp: int) -> None:
        watch.capture.stop()
        done.set()

    watch = Watch(SyntheticSource(width=16, height=16, rate=1000), deliver)
    watch.capture.start()
    assert done.wait(2)
    watch.wait_for(CaptureState.STOPPED)


def test_a_recording_too_heavy_for_the_machine_is_told_once() -> None:
    source = ScriptedSource([Frame(IMAGE, index / 100) for index in range(3)], live=False)
    watch = Watch(source, lambda frame, stamp: time.sleep(0.55))
    watch.capture.start()
    watch.wait_for(CaptureState.ENDED)
    assert len(watch.reports) == 1
    assert "behind" in watch.reports[0]


def test_a_silent_source_is_told_as_stale_and_read_on_without_opening_it_again() -> None:
    silent = StaleSourceError("nothing arrives")
    source = ScriptedSource([Frame(IMAGE), silent, silent, StaleSourceError("H.264 arrives"), Frame(IMAGE)], block=True)
    watch = Watch(source)
    watch.capture.start()
    watch.next_frame()
    watch.next_frame()
    watch.capture.stop()
    assert source.opened == 1
    assert watch.states[1:-1] == [
        (CaptureState.RUNNING, "a script"),
        (CaptureState.STALE, "nothing arrives"),
        (CaptureState.STALE, "H.264 arrives"),
        (CaptureState.RUNNING, "a script"),
    ]


def test_a_stale_frame_is_never_delivered_again() -> None:
    watch = Watch(ScriptedSource([Frame(IMAGE), *[StaleSourceError("nothing arrives")] * 50], block=True))
    watch.capture.start()
    watch.next_frame()
    watch.wait_for(CaptureState.STALE)
    watch.capture.stop()
    assert watch.frames.empty()


def test_an_offset_is_added_to_the_stamps_of_a_live_source_only() -> None:
    for live, expected in ((True, 6_900_000_000), (False, 7_000_000_000)):
        watch = Watch(
            ScriptedSource([Frame(IMAGE, None if live else 0.0)], live=live, block=True),
            clock=lambda: 7_000_000_000,
            timestamp_offset=-0.1,
        )
        watch.capture.start()
        assert watch.next_frame()[1] == expected
        watch.capture.stop()
