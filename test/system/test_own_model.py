"""What docs/training.md promises a new user: from a folder of pictures to the robot, a kill in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from emotion_perception.core.labels import LABELS

FORMATS = ("float32", "float16", "int8", "onnx")
#: Prints the model's name and the sum of the probabilities, from the first /emotion with a face.
LISTENER = """
import json, rclpy
from emotion_perception.msg import EmotionArray
from emotion_perception.ros.environment import prepare_environment
prepare_environment()
rclpy.init()
node = rclpy.create_node("user")
heard = []
node.create_subscription(EmotionArray, "/emotion", lambda m: heard.append(m) if m.emotions else None, 10)
while not heard:
    rclpy.spin_once(node, timeout_sec=1)
print(json.dumps([heard[0].model, [sum(each.probabilities) for each in heard[0].emotions]]))
"""
SLOWLY = 180.0  # TensorFlow alone takes several seconds to be there


@pytest.fixture
def pictures(asset: Callable[[str], Path], tmp_path: Path) -> Path:
    """Portraits of seven people, each of whom stands for an expression: eight to learn from, two for a test."""
    root = tmp_path / "my_pictures"
    with zipfile.ZipFile(asset("orl_faces")) as archive:
        for name in archive.namelist():
            person, number = int(Path(name).parent.name.removeprefix("s")), int(Path(name).stem)
            if person <= len(LABELS):
                split = "test" if number > 8 else "train"
                target = root / split / LABELS[person - 1] / f"{number}.jpg"
                target.parent.mkdir(parents=True, exist_ok=True)
                picture = cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_GRAYSCALE)
                assert picture is not None
                cv2.imwrite(str(target), picture)
    return root


def test_pictures_become_a_model_that_the_robot_runs(
    train_extra: None, robot: Callable[..., Any], pictures: Path, asset: Callable[[str], Path], tmp_path: Path
) -> None:
    run, data = str(tmp_path / "runs" / "mine"), str(pictures)
    train = ["--recipe", "cnn3_48", "--data", data, "--out", run, "--epochs", "20", "--batch", "8"]
    killed = robot(*train, command="train")
    begun = time.monotonic()
    while not Path(run, "log.csv").exists():  # the end of the first epoch
        assert killed.process.poll() is None, killed.stderr
        assert time.monotonic() - begun < SLOWLY
        time.sleep(0.05)  # for a file of another process
    killed.interrupt(signal.SIGKILL)
    assert len(Path(run, "log.csv").read_text().splitlines()) < 20

    def done(command: str, *arguments: str) -> Any:
        process = robot(*arguments, command=command)
        assert process.wait(SLOWLY) == 0, process.stderr
        return process

    assert "best epoch" in done("train", *train, "--resume").stderr
    assert len(Path(run, "log.csv").read_text().splitlines()) == 21
    assert cv2.imread(str(Path(run, "curves.png"))) is not None
    found = json.loads(done("evaluate", "--model", run, "--data", data, "--json").stdout)
    assert (found["split"], found["count"]) == ("PublicTest", 14)
    assert found["accuracy"] > 0.5  # of seven people
    table = done("export", run).stdout
    models = {kind: Path(run, "export", f"cnn3_48_{kind}.yaml") for kind in FORMATS}
    for kind, model in models.items():
        assert model.is_file()
        assert f"cnn3_48_{kind}." in table

    for kind in ("float16", "onnx"):
        clip = f"file:{asset('demo_clip')}"
        parameters = ["--param", f"emotion_classifier.model:={models[kind]}", "--param", "camera.loop:=true"]
        running = robot("--source", clip, *parameters, "--no-overlay")
        running.wait_line("stdout", "face_1")
        heard = subprocess.run([sys.executable, "-c", LISTENER], capture_output=True, text=True, timeout=60, check=True)
        model, sums = json.loads(heard.stdout.splitlines()[-1])
        assert model == f"cnn3_48_{kind} 1"
        assert sums == pytest.approx([1.0], abs=1e-5)
        running.interrupt(signal.SIGINT)
