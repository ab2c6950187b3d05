"""A run of the bench, from its evaluation to its card and its row in the comparison; real Keras, made pictures."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_perception.cli.main import main
from emotion_perception.core.errors import TrainingError
from emotion_perception.core.inference import load_model
from emotion_perception.core.labels import LABELS
from emotion_perception.training.looks import read_looks
from emotion_perception.training.run_folder import RunFolder

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("train_extra")]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise with a bright bar whose height is the class, but in one of nine; Training has seven of PublicTest too."""
    generator = np.random.default_rng(0)
    labels = np.tile(np.arange(7), 30).astype(np.uint8)
    images = generator.integers(0, 90, (210, 48, 48)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[label * 6 : label * 6 + 8] += 120
    images[::9] = images[np.roll(np.arange(210), 1)[::9]][:, ::-1]
    splits = np.repeat(["Training", "PublicTest"], [140, 70])
    images[140:147] = images[:7]
    path = tmp_path_factory.mktemp("data") / "bars.npz"
    np.savez(path, images=images, labels=labels, usage=splits)
    return path


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    out = tmp_path_factory.mktemp("runs") / "cnn3_48"
    assert main(["train", "--recipe", "cnn3_48", "--data", str(data), "--out", str(out), "--epochs", "2",
                 "--batch", "16", "--validation", "0.4"]) == 0  # fmt: skip
    return RunFolder(out)


def test_a_run_is_evaluated_in_its_folder(
    run: RunFolder, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = RunFolder(Path(shutil.copytree(run.path, tmp_path / "run")))
    assert main(["evaluate", "--data", str(data), "--model", str(copy.path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((copy.path / "evaluation.json").read_text())
    assert (found["count"], found["known"], found["without_known"]["count"]) == (70, 7, 63)
    assert found["accuracy"] > 0.5
    assert found["milliseconds"] is None
    assert found["calibrated"]["count"] == sum(copy.data_card()["validation"].values())
    assert found["calibrated"]["nll"] < found["nll"] + 0.1
    assert cv2.imread(str(copy.path / "confusion.png")) is not None
    assert [look["split"] for look in read_looks(copy.path / "test_looks.csv")] == ["PublicTest"]


def test_pictures_in_folders_are_asked_about_as_they_were_learnt_and_those_learnt_from_are_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faces, out = tmp_path / "faces", tmp_path / "run"
    with np.load(data) as saved:
        for row, label in enumerate(saved["labels"][7:77]):
            (faces / LABELS[label]).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(faces / LABELS[label] / f"{row}.png"), saved["images"][7 + row])
    # A network of 224 pixels: pictures read in another size would be others than it learnt from.
    assert main(["train", "--recipe", "vgg_shallow_224", "--data", str(faces), "--out", str(out), "--epochs", "1",
                 "--batch", "16", "--validation", "0.3"]) == 0  # fmt: skip
    assert "read 70 of 70" in capsys.readouterr().err
    counts = RunFolder(out).data_card()
    trained, validated = (sum(counts[part].values()) for part in ("training", "validation"))
    assert main(["evaluate", "--data", str(faces), "--model", str(out)]) == 0
    assert f"| not learnt from ({trained} were) | {validated} |" in capsys.readouterr().out
    found = json.loads((out / "evaluation.json").read_text())
    assert (found["split"], found["count"]) == ("all", trained + validated)


def test_a_model_that_lacks_a_class_is_asked_about_the_others(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "six"
    assert main(["train", "--recipe", "cnn3_48", "--data", str(data), "--out", str(out), "--epochs", "1",
                 "--drop", "disgust", "--validation", "0.3"]) == 0  # fmt: skip
    capsys.readouterr()
    assert main(["evaluate", "--data", str(data), "--model", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["count"], found["left_out"]) == (60, 10)
    assert found["classes"] == [label for label in LABELS if label != "disgust"]
    assert [each["support"] for each in found["per_class"].values()] == [10] * 6
    assert main(["export", str(out), "--formats", "float32", "--main", "float32", "--name", "six"]) == 0
    exported = out / "export" / "six.yaml"
    assert main(["evaluate", "--data", str(data), "--model", str(exported), "--out", str(tmp_path)]) == 0
    again = json.loads((tmp_path / "evaluation.json").read_text())
    assert (again["classes"], again["left_out"]) == (found["classes"], 10)
    assert again["accuracy"] == pytest.approx(found["accuracy"])
    assert main(["card", str(exported), "--evaluation", str(tmp_path / "evaluation.json")]) == 0
    assert "into six classes" in capsys.readouterr().out


def test_an_export_gets_its_card_and_its_row(
    run: RunFolder, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    copy = tmp_path / "cnn3_48"
    shutil.copytree(run.path, copy)
    assert main(["export", str(copy), "--formats", "int8", "--name", "bars"]) == 0
    (model,) = (copy / "export").glob("*.tflite")
    measured = tmp_path / "measured"
    assert main(["evaluate", "--data", str(data), "--model", str(model), "--out", str(measured)]) == 0
    assert main(["evaluate", "--data", str(data), "--model", str(copy)]) == 0
    capsys.readouterr()
    evaluation = measured / "evaluation.json"
    assert main(["card", str(model), "--evaluation", str(evaluation), "--run", str(copy)]) == 0
    card = capsys.readouterr().out
    found = json.loads(evaluation.read_text())
    assert f"| all | 70 | {100 * found['accuracy']:.2f} % |" in card
    part = found["without_known"]
    assert f"| not in Training too (7 are) | 63 | {100 * part['accuracy']:.2f} % |" in card
    assert found["model_sha256"] in card
    assert "measured on a test split: 2 times" in card
    assert "architecture: cnn3_48" in card
    assert "Art. 5(1)(f)" in card
    assert main(["compare", str(copy), str(evaluation)]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "PublicTest of bars (70 pictures):"
    ended = rows[4].split(" | ")[2]
    assert rows[4].startswith(f"| cnn3_48 | none found | {ended} | 70 |")
    assert re.fullmatch(r"best \d of \d", ended)
    checkpoint = dict(np.load(copy / "checkpoint.npz"))
    checkpoint["state"] = np.array(str(checkpoint["state"]).replace('"over": true', '"over": false'))
    np.savez(copy / "checkpoint.npz", **checkpoint)
    assert main(["compare", str(copy)]) == 0
    assert f" | {ended}, not ended | " in capsys.readouterr().out
    assert rows[5].startswith(f"| {found['model']} | none found | – | 70 |")
    for change, reason in (
        (found | {"count": 10}, "(10 pictures) and on PublicTest"),
        ({"accuracy": 0.5}, "it has no balanced_accuracy"),
    ):
        (tmp_path / "other.json").write_text(json.dumps(change))
        assert main(["compare", str(copy), str(evaluation), str(tmp_path / "other.json")]) == 1
        assert reason in capsys.readouterr().err


def test_a_model_beside_somebody_elses_configuration_is_of_no_run(
    run: RunFolder, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    place = tmp_path / "workspace" / "models"
    assert main(["export", str(run.path), "--formats", "float32", "--out", str(place)]) == 0
    (tmp_path / "workspace" / "config.yaml").write_text("robot: NAO\n")
    model = place / "cnn3_48_float32.tflite"
    assert main(["evaluate", "--data", str(data), "--model", str(model), "--out", str(tmp_path / "page")]) == 0
    assert not list((tmp_path / "workspace").glob("*.csv"))
    assert len(read_looks(tmp_path / "share" / "emotion_perception" / "test_looks.csv")) == 1


def test_a_format_that_answers_otherwise_is_named_and_the_others_are_written(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from emotion_perception.training import export

    monkeypatch.setitem(export.FORMATS, "float16", (".tflite", -1.0))
    formats = ["float16", "float32"]
    assert main(["export", str(run.path), "--formats", *formats, "--out", str(tmp_path), "--name", "mine"]) == 1
    said = capsys.readouterr().err
    assert "float16 does not answer as the network" in said
    assert "Written was mine_float32.tflite." in said
    assert {path.name for path in tmp_path.iterdir()} == {"mine_float32.tflite", "mine_float32.yaml"}


def test_a_network_of_8_bit_answers_as_one_of_32(run: RunFolder, data: Path, tmp_path: Path) -> None:
    import keras
    import tensorflow as tf

    pictures = np.load(data)["images"][:, :, :, np.newaxis].astype(np.float32)
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.models.load_model(run.best, compile=False))
    (tmp_path / "float.tflite").write_bytes(converter.convert())
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([picture[np.newaxis]] for picture in pictures[:100])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type, converter.inference_output_type = tf.uint8, tf.int8
    (tmp_path / "bits.tflite").write_bytes(converter.convert())
    exact, rough = (load_model(tmp_path / name) for name in ("float.tflite", "bits.tflite"))
    for picture in pictures[:50]:
        wanted, found = exact.run(picture[np.newaxis])[0], rough.run(picture[np.newaxis])[0]
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, atol=0.08 * np.ptp(wanted))


def test_a_card_of_another_file_is_refused(
    run: RunFolder, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(run.path, tmp_path / "run"))
    assert main(["evaluate", "--data", str(data), "--model", str(copy)]) == 0
    assert main(["card", "fer_mini_xception", "--evaluation", str(copy / "evaluation.json")]) == 1
    assert "not of fer_mini_xception 25.10.3 (65e3961bb68f…): evaluate this file" in capsys.readouterr().err


def test_a_folder_without_a_run_or_with_a_damaged_one_is_told(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"there is no run in .*none: give the folder that `train --out` made"):
        RunFolder(tmp_path / "none").data_card()
    damaged = RunFolder(Path(shutil.copytree(run.path, tmp_path / "run")))
    damaged.data.write_text("{}")
    with pytest.raises(TrainingError, match=r"data.json cannot be read \(it has no data\)"):
        damaged.data_card()


def test_an_export_into_a_file_is_refused_before_anything_is_converted(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").touch()
    assert main(["export", str(run.path), "--out", str(tmp_path / "taken")]) == 1
    said = capsys.readouterr().err
    assert "taken cannot be made (File exists): choose another --out." in said
    assert "exporting" not in said


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT], ids=lambda ending: ending.name)
def test_a_sweep_that_was_ended_goes_on_where_it_was(
    ending: signal.Signals, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sweep"
    command = [sys.executable, "-m", "emotion_perception.cli.main", "sweep", "--recipe", "cnn3_48", "--data", str(data),
               "--out", str(out), "--vary", "learning_rate=0.001,0.003", "epochs=2", "batch=16"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        while not (out / "trial-0000" / "checkpoint.npz").is_file():
            assert killed.poll() is None, "it ended before it could be killed"
            time.sleep(0.05)  # for a file of another process
        killed.send_signal(ending)
    begun = RunFolder(out / "trial-0000").data.stat().st_mtime_ns
    result = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert result.returncode == 0, result.stderr
    assert "2 of 2 trials are complete." in result.stdout
    assert result.stdout == (out / "sweep.md").read_text()
    assert cv2.imread(str(out / "sweep.png")) is not None
    assert sorted(path.name for path in out.glob("trial-*")) == ["trial-0000", "trial-0001"]
    assert RunFolder(out / "trial-0000").data.stat().st_mtime_ns == begun  # gone on with, not begun anew
    for option in ("learning_rate | 0.001 | 1", "learning_rate | 0.003 | 1", "epochs | 2 | 2"):
        assert option in result.stdout
    assert re.search(r"^\| \d \| 0.001 \| 2 \| 16 \| [\d.]+ % \| trial-0000 \|$", result.stdout, re.M)
    assert main([*command[3:-3], "learning_rate=0.1"]) == 1
    assert "has another options: give the same as when it began, or another --study" in capsys.readouterr().err
