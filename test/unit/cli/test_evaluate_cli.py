from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from emotion_perception.cli import evaluate
from emotion_perception.core.errors import DatasetError, EvaluationError, ModelError, TrainingError
from emotion_perception.training.looks import read_looks

# Squares (x, y, side) framed as FER2013's, and the expression's number.
FRAMES = {"happy_picture": (68, 101, 367, 3), "surprise_picture": (99, 102, 333, 5), "angry_picture": (40, 116, 361, 0)}


@pytest.fixture
def data(tmp_path: Path, asset: Callable[[str], Path]) -> Path:
    """Three people, each ten times a little brighter: nine for the test, one to learn from that is among them too."""
    images, labels, usage = [], [], []
    for name, (x, y, side, label) in FRAMES.items():
        picture = cv2.imread(str(asset(name)), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        face = cv2.resize(picture[y : y + side, x : x + side], (48, 48), interpolation=cv2.INTER_AREA)
        for more in range(10):
            images.append(np.clip(face.astype(int) + 2 * min(more, 8), 0, 255).astype(np.uint8))
            labels.append(label)
            usage.append("PublicTest" if more < 9 else "Training")
    path = tmp_path / "faces.npz"
    np.savez(path, images=np.array(images), labels=np.array(labels, np.uint8), usage=np.array(usage))
    return path


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "emotion_perception"


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    evaluate.add_parser(parser.add_subparsers())
    return evaluate.run(parser.parse_args(["evaluate", *map(str, arguments)]))


def test_json_is_one_object_on_stdout_and_nothing_else(data: Path) -> None:
    """As a program calls it, without the train extra: the runtime's greeting and all else goes to stderr."""
    extra = ("keras", "tensorflow", "sklearn", "optuna", "tqdm", "rclpy")
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({extra}))  # as if they were not installed\n"
        "from emotion_perception.cli.main import main\n"
        "sys.exit(main())"
    )
    command = [sys.executable, "-c", program, "evaluate", "--data", data, "--split", "PublicTest", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = json.loads(result.stdout)
    assert found["model"] == "fer_resnet 2"
    assert found["count"] == 27
    assert found["accuracy"] == pytest.approx(np.trace(found["confusion"]) / 27)
    assert found["accuracy"] > 0.3  # the happy ones at least
    assert 0 <= found["ece"] <= 1
    assert found["macro_f1"] == pytest.approx(np.mean([
        each["f1"] for name, each in found["per_class"].items() if name in ("happy", "surprise", "angry")
        or sum(row[found["classes"].index(name)] for row in found["confusion"])
    ]))  # fmt: skip
    assert found["per_class"]["happy"] == {"precision": 1, "recall": 1, "f1": 1, "auc": 1, "support": 9}
    assert (found["known"], found["without_known"]["count"]) == (3, 24)


def test_a_page_and_pictures_are_written(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "folder"
    assert run("--data", data, "--out", out) == 0
    printed = capsys.readouterr().out
    assert printed == (out / "evaluation.md").read_text()
    assert "# fer_resnet 2 on faces, PublicTest" in printed
    assert "| not in Training too (3 are) | 24 |" in printed
    assert "| happy | 9 | 100.0 % | 100.0 % | 100.0 % | 1.000 |" in printed
    assert json.loads((out / "evaluation.json").read_text())["milliseconds"] > 0
    for name in ("confusion.png", "reliability.png"):
        picture = cv2.imread(str(out / name))
        assert picture is not None
        assert picture.std() > 10


def test_looks_at_a_test_are_noted_and_others_not(data: Path, data_home: Path) -> None:
    run("--data", data, "--split", "Training")
    assert not (data_home / "test_looks.csv").exists()
    for _ in range(2):
        run("--data", data)
    looks = read_looks(data_home / "test_looks.csv")
    assert [(look["split"], look["pictures"], look["model"]) for look in looks] == [
        ("PublicTest", "27", "fer_resnet 2")
    ] * 2
    assert looks[0]["accuracy"] == looks[1]["accuracy"]
    run("--data", data, "--split", "all")  # which holds the test
    assert read_looks(data_home / "test_looks.csv")[2]["split"] == "all"


def test_through_the_pipeline_the_faces_are_found(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--data", data, "--through-pipeline", "--json") == 0
    found = json.loads(capsys.readouterr().out)["pipeline"]
    assert (found["faces"], found["scene"], found["detector"]) == (27, "640x480", "blazeface_full_range")
    assert found["detection_rate"] > 0.9
    assert found["per_class_detection"]["happy"] > 0.9
    assert abs(found["accuracy"] - found["direct_accuracy"]) < 0.35


def test_a_bare_network_says_how_it_is_fed(
    data: Path, tmp_path: Path, asset: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare.tflite"
    bare.write_bytes(asset("fer_mini_xception").read_bytes())
    with pytest.raises(EvaluationError, match=r"write bare.yaml beside it, .* or say by --scaling MEAN STD"):
        run("--data", data, "--model", bare)
    run("--data", data, "--json", "--model", "fer_mini_xception")
    run("--data", data, "--json", "--model", bare, "--scaling", "127.5", "127.5")
    run("--data", data, "--json", "--model", bare, "--scaling", "0", "127.5")
    described, undescribed, brighter = _objects(capsys.readouterr().out)
    assert brighter["nll"] != described["nll"]
    for key in ("accuracy", "nll", "ece", "confusion"):
        assert described[key] == undescribed[key]


def _objects(text: str) -> list[dict[str, Any]]:
    decoder, found = json.JSONDecoder(), []
    while text.strip():
        one, end = decoder.raw_decode(text.lstrip())
        found.append(one)
        text = text.lstrip()[end:]
    return found


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        (("--split", "PrivateTest"), DatasetError, 'no split "PrivateTest": it has Training, PublicTest'),
        (("--model", "fer_mini_xception", "--scaling", "0", "1"), EvaluationError, "leave --scaling out"),
        (("--model", "x.tflite", "--scaling", "0", "0"), EvaluationError, "give a STD above 0"),
    ],
)
def test_what_cannot_be_done_is_said(data: Path, arguments: tuple[str, ...], kind: type, sentence: str) -> None:
    with pytest.raises(kind, match=sentence):
        run("--data", data, *arguments)


def test_nothing_is_asked_where_the_answer_could_not_be_kept(
    data: Path, data_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(TrainingError, match=r"taken cannot be made \(File exists\): choose another --out"):
        run("--data", data, "--out", tmp_path / "taken")
    assert "asked about" not in capsys.readouterr().err
    assert not (data_home / "test_looks.csv").exists()


def test_nothing_is_asked_where_the_detector_is_missing(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> None:
        raise ModelError("the detector's weights are missing")

    monkeypatch.setattr("emotion_perception.core.detection.create_detector", missing)
    with pytest.raises(ModelError, match="weights are missing"):
        run("--data", data, "--through-pipeline")
    assert "asked about" not in capsys.readouterr().err


def test_a_network_that_is_not_there_is_told_so(data: Path, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"nope\.tflite does not exist: check the path"):
        run("--data", data, "--model", tmp_path / "nope.tflite")
