"""The peer library `fer` on a clip: frames per second with decoding, time of a frame, and what it found."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from emotion_perception.benchmark import peer
from emotion_perception.benchmark.matching import Tally
from emotion_perception.sources.file import FileSource


@dataclass(frozen=True)
class PeerAnswer:
    """rate: frames per second, decoding included. p50: of one detect_emotions, ms. recall, false: see `matching`."""

    rate: float
    p50: float
    recall: float | None
    false: int
    frames: int


def _stand_in_for_tensorflow() -> None:
    """Give `fer` the one class that it uses of TensorFlow: its Lite interpreter, LiteRT by its newer name."""
    from ai_edge_litert.interpreter import Interpreter

    def no_keras(*_: Any, **__: Any) -> None:
        raise RuntimeError("fer's Keras model is not measured: its default is the TensorFlow Lite one")

    modules = {name: ModuleType(name) for name in ("tensorflow", "tensorflow.keras", "tensorflow.keras.models")}
    for name, module in modules.items():  # PyTorch asks what is installed, and stumbles over a module without
        module.__spec__ = ModuleSpec(name, None)
    vars(modules["tensorflow"])["lite"] = SimpleNamespace(Interpreter=Interpreter)
    vars(modules["tensorflow.keras.models"])["load_model"] = no_keras
    sys.modules.update(modules)


def measure(clip: Path, truth: Path, *, frames: int, warm_up: int, mtcnn: bool) -> PeerAnswer:
    """Run fer over the first frames of the clip. truth: .npy of the faces' boxes, (frames, N, 4)."""
    _stand_in_for_tensorflow()
    sys.path.append(str(peer.folder()))  # behind ours: the same OpenCV and NumPy for both
    from fer.fer import FER

    if mtcnn:  # one thread, as our networks: two that meet other work on two cores take eight times as long
        import_module("torch").set_num_threads(1)
    detector = FER(mtcnn=mtcnn)
    boxes = np.load(truth)
    source = FileSource(clip, loop=True)
    source.open()
    tally, times = Tally(), []
    begin = time.monotonic()
    for number in range(warm_up + frames):
        if number == warm_up:
            begin = time.monotonic()
        frame = source.read()
        assert frame is not None
        called = time.monotonic()
        found = detector.detect_emotions(frame.image)
        if number >= warm_up:
            times.append(time.monotonic() - called)
            corners = [(x, y, x + width, y + height) for x, y, width, height in (each["box"] for each in found)]
            tally.add(np.array(corners, np.float64).reshape(-1, 4), boxes[number % len(boxes)])
    took = time.monotonic() - begin
    source.close()
    return PeerAnswer(frames / took, 1e3 * float(np.median(times)), tally.recall, tally.false, frames)


def main() -> int:
    """Answer the question on the command line."""
    asked = json.loads(sys.argv[1])
    answer = measure(
        Path(asked["clip"]),
        Path(asked["truth"]),
        frames=asked["frames"],
        warm_up=asked["warm_up"],
        mtcnn=asked["mtcnn"],
    )
    print(json.dumps(asdict(answer)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
