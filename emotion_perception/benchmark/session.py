"""Carries out a plan: makes the clips, runs round after round, and keeps what every run answered."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from emotion_perception.benchmark import peer
from emotion_perception.benchmark.children import ask
from emotion_perception.benchmark.gallery import enrol_nobody
from emotion_perception.benchmark.plan import ImportRun, KernelRun, PeerRun, Run
from emotion_perception.benchmark.scenes import RATE, Scene, render, write_clip
from emotion_perception.benchmark.usage import machine
from emotion_perception.core.errors import PerceptionError

_PACKAGE = "emotion_perception.benchmark"
_PATIENCE = 120.0  # seconds that a run may take beyond its frames
_WARM_UP = 30  # frames


@dataclass
class Results:
    """What was measured on which machine.

    loads: load average (one minute) before each round and after the last. absent: runs that could not be made, with
    the remedy. failed: sentences on runs that went wrong. answers: what each run answered, one per round.
    interrupted: whether the user ended it before its end.
    """

    machine: dict[str, str | int | float]
    rounds: int
    loads: list[float] = field(default_factory=list)
    absent: dict[PeerRun, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    answers: dict[Run, list[dict[str, Any]]] = field(default_factory=dict)
    interrupted: bool = False

    def median(self, run: Run | None, *keys: str) -> float | None:
        """Return the median over the rounds of a value, e.g. ("steps", "detect"); None if that was not measured."""
        values = []
        for answer in self.answers.get(run, []) if run else []:
            value: Any = answer
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else None
            if value is not None:
                values.append(value)
        return float(np.median(values)) if values else None

    def total(self, run: Run, key: str) -> int:
        """Return the sum over the rounds."""
        return sum(int(answer[key]) for answer in self.answers.get(run, []))

    def of_kind(self, kind: type[Run]) -> list[Any]:
        """Return the measured runs of a kind, in the plan's order."""
        return [run for run in self.answers if isinstance(run, kind)]

    def as_json(self) -> dict[str, Any]:
        """Return everything, for machines."""
        rows = [{"kind": type(run).__name__, "run": asdict(run), "answers": each} for run, each in self.answers.items()]
        gone = [{"kind": type(run).__name__, "run": asdict(run), "reason": text} for run, text in self.absent.items()]
        return {
            "machine": self.machine,
            "rounds": self.rounds,
            "load averages": self.loads,
            "measurements": rows,
            "absent": gone,
            "failed": self.failed,
            "interrupted": self.interrupted,
        }


def carry_out(plan: Sequence[Run], *, rounds: int, progress: Callable[[str], None]) -> Results:
    """Make every run of the plan once a round, so that whatever else the machine does meets all of them alike.

    A run that fails is noted and the next one is made; Ctrl-C ends the measurement and leaves what there is by then.
    PerceptionError when a clip cannot be made.
    """
    results = Results(machine(), rounds)
    with tempfile.TemporaryDirectory(prefix="emotion_perception_benchmark_") as folder:
        clips = _Clips(Path(folder))
        try:
            for number in range(rounds):
                results.loads.append(round(os.getloadavg()[0], 2))
                for index, run in enumerate(plan):
                    progress(f"round {number + 1} of {rounds}, {index + 1} of {len(plan)}: {describe(run)}")
                    _note(run, clips, results)
        except KeyboardInterrupt:
            results.interrupted = True
        results.loads.append(round(os.getloadavg()[0], 2))
    return results


def describe(run: Run) -> str:
    """Say in words what a run measures."""
    if isinstance(run, ImportRun):
        return f"import {run.package}"
    scene = f"{run.scene.size}, {run.scene.faces} face{'s'[: run.scene.faces != 1]}"
    if isinstance(run, KernelRun):
        return f"kernels, {scene}"
    if isinstance(run, PeerRun):
        return f"fer with {'MTCNN' if run.mtcnn else 'Haar'}, {scene}"
    pace = "flat out" if run.lossless else f"{RATE:g} Hz"
    layout = "a process per node" if run.apart else "one process"
    return f"graph ({layout}, {', '.join(run.nodes)}), {scene}, {pace}"


class _Clips:
    """Each scene's clip and the boxes of its faces, made when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.data = folder / "data"
        enrol_nobody(self.data / "emotion_perception" / "people.db")

    def of(self, scene: Scene) -> tuple[Path, Path]:
        clip, truth = self._folder / f"{scene.name}.mp4", self._folder / f"{scene.name}.npy"
        if not clip.exists():
            write_clip(scene, clip)
            np.save(truth, np.stack([boxes for _, boxes in render(scene)]))
        return clip, truth


def _note(run: Run, clips: _Clips, results: Results) -> None:
    """Make a run and keep what it answered, or why it did not."""
    if isinstance(run, PeerRun) and (reason := peer.missing(mtcnn=run.mtcnn)):
        results.absent[run] = reason
        return
    if not isinstance(run, ImportRun):
        clips.of(run.scene)
    try:
        answer = _make(run, clips)
    except PerceptionError as error:
        results.failed.append(f"{describe(run)}: {error}")
    else:
        results.answers.setdefault(run, []).append(answer)


def _make(run: Run, clips: _Clips) -> dict[str, Any]:
    if isinstance(run, ImportRun):
        answer: dict[str, Any] = ask(f"{_PACKAGE}.measure_import", {"package": run.package}, timeout=_PATIENCE)
        return answer
    clip, truth = clips.of(run.scene)
    question: dict[str, Any] = {"clip": str(clip), "frames": run.frames, "warm_up": _WARM_UP}
    timeout = _PATIENCE + 3 * (run.frames + _WARM_UP) / RATE
    if isinstance(run, KernelRun):
        answer = ask(f"{_PACKAGE}.measure_kernels", {**question, "truth": str(truth)}, timeout=timeout)
    elif isinstance(run, PeerRun):
        question |= {"truth": str(truth), "mtcnn": run.mtcnn}
        answer = ask(f"{_PACKAGE}.measure_fer", question, timeout=timeout)
    else:
        question |= {"nodes": run.nodes, "lossless": run.lossless, "apart": run.apart}
        answer = ask(f"{_PACKAGE}.measure_graph", question, timeout=timeout, environment=_apart_from_others(clips))
    return answer


def _apart_from_others(clips: _Clips) -> dict[str, str]:
    """A ROS domain and a people store of its own, so that a robot that runs here is not disturbed."""
    return {
        "ROS_DOMAIN_ID": str(random.SystemRandom().randint(1, 99)),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "XDG_DATA_HOME": str(clips.data),
    }
