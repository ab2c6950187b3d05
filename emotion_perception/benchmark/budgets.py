"""What we promise for two cores, one face in 640x480 at 30 Hz, and what was measured of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from emotion_perception.benchmark.plan import PERCEPTION, USUAL, GraphRun, ImportRun, PeerRun
from emotion_perception.benchmark.session import Results

_Run = TypeVar("_Run", GraphRun, PeerRun)


@dataclass(frozen=True)
class Budget:
    """A limit and the measured value: at most (or at least, for ratios of speed) ``limit``."""

    what: str
    limit: float
    unit: str
    value: float | None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether it holds; None where it was not measured."""
        if self.value is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def budgets(results: Results) -> list[Budget]:
    """Compare what was measured with every budget."""
    here = [
        run for run in results.of_kind(GraphRun) if run.scene == USUAL and run.nodes == PERCEPTION and not run.apart
    ]
    usual = _longest(run for run in here if not run.lossless)
    flat = _longest(run for run in here if run.lossless)
    crowd = flat and replace(flat, scene=replace(USUAL, faces=10))
    haar = _longest(run for run in results.of_kind(PeerRun) if run.scene == USUAL and not run.mtcnn)

    def of_usual(key: str, factor: float = 1.0) -> float | None:
        value = results.median(usual, key)
        return None if value is None else factor * value

    lost = results.total(usual, "lost") if usual else None
    frames = results.total(usual, "frames") if usual else 0
    return [
        Budget("image to `/emotion`, p50", 10, "ms", of_usual("p50")),
        Budget("image to `/emotion`, p99", 20, "ms", of_usual("p99")),
        Budget(f"frames lost of {frames}", 0, "", lost),
        Budget("CPU of camera, faces and emotion", 30, "% of a core", of_usual("cores", 100)),
        Budget(
            "frames per second flat out, against `fer` (Haar)", 3, "times", _speed(results, flat, haar), at_least=True
        ),
        Budget("memory of the whole process", 600, "MB", of_usual("memory", 1e-6)),
        Budget("start of the process to the first `/emotion`", 4, "s", of_usual("first")),
        Budget(
            "import of `emotion_perception.core`, all modules",
            0.5,
            "s",
            results.median(ImportRun("emotion_perception.core"), "seconds"),
        ),
        Budget("CPU a frame with 10 faces, against one face", 3, "times", _ratio(results, crowd, flat)),
    ]


def _longest(runs: Iterable[_Run]) -> _Run | None:
    return max(runs, key=lambda run: run.frames, default=None)


def _speed(results: Results, ours: GraphRun | None, theirs: PeerRun | None) -> float | None:
    fast, slow = results.median(ours, "rate"), results.median(theirs, "rate")
    return fast / slow if fast and slow else None


def _ratio(results: Results, many: GraphRun | None, one: GraphRun | None) -> float | None:
    dear, cheap = results.median(many, "cpu_per_frame"), results.median(one, "cpu_per_frame")
    return dear / cheap if dear and cheap else None
