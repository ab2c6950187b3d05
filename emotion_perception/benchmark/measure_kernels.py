"""The bare work on arrays, without ROS: decode, detect, track, align, classify one frame after the other."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from emotion_perception.benchmark.matching import Tally
from emotion_perception.core.alignment import align
from emotion_perception.core.detection import create_detector
from emotion_perception.core.expression import DEFAULT_MODEL, ExpressionModel
from emotion_perception.core.tracking import FaceTracker
from emotion_perception.sources.file import FileSource

STEPS = ("decode", "detect", "track", "align", "classify")


@dataclass(frozen=True)
class KernelAnswer:
    """steps: median ms of each of STEPS. total: median of their sums. recall, false: of detection, see `matching`."""

    steps: dict[str, float]
    total: float
    recall: float | None
    false: int
    frames: int


def measure(clip: Path, truth: Path, *, frames: int, warm_up: int) -> KernelAnswer:
    """Work on the first frames of the clip. truth: .npy of the faces' boxes, (frames, N, 4)."""
    detector, tracker, model = create_detector(), FaceTracker(), ExpressionModel.load(DEFAULT_MODEL)
    boxes = np.load(truth)
    source = FileSource(clip, loop=True)
    source.open()
    tally, spent = Tally(), defaultdict(list)
    for number in range(warm_up + frames):
        moments = [time.monotonic()]
        frame = source.read()
        assert frame is not None
        assert frame.time is not None
        moments.append(time.monotonic())
        found = detector.detect(frame.image)
        moments.append(time.monotonic())
        followed = tracker.update(found, frame.image, frame.time)
        moments.append(time.monotonic())
        aligned = [align(frame.image, each) for _, each in followed]
        moments.append(time.monotonic())
        model.classify(aligned)
        moments.append(time.monotonic())
        if number >= warm_up:
            for step, seconds in zip(STEPS, np.diff(moments), strict=True):
                spent[step].append(seconds)
            tally.add(np.array([each.box for each in found]).reshape(-1, 4), boxes[number % len(boxes)])
    source.close()
    return KernelAnswer(
        steps={step: 1e3 * float(np.median(spent[step])) for step in STEPS},
        total=1e3 * float(np.median(np.sum([spent[step] for step in STEPS], axis=0))),
        recall=tally.recall,
        false=tally.false,
        frames=frames,
    )


def main() -> int:
    """Answer the question on the command line."""
    asked = json.loads(sys.argv[1])
    answer = measure(Path(asked["clip"]), Path(asked["truth"]), frames=asked["frames"], warm_up=asked["warm_up"])
    print(json.dumps(asdict(answer)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
