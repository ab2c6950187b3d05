"""Training for real, in miniature: by the command, killed, resumed, taught, exported."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion_perception.cli.main import main
from emotion_perception.core.errors import DatasetError, EvaluationError
from emotion_perception.core.expression import ExpressionModel
from emotion_perception.training.answers import outputs, softmax
from emotion_perception.training.card import model_card
from emotion_perception.training.choosing import without_classes
from emotion_perception.training.datasets import open_dataset
from emotion_perception.training.evaluation import read_evaluation
from emotion_perception.training.metrics import score
from emotion_perception.training.parts import training_parts
from emotion_perception.training.recipes import Recipe, load_recipe
from emotion_perception.training.run import opened_parts
from emotion_perception.training.run_folder import RunFolder
from emotion_perception.training.targets import class_weights, learning_targets

pytestmark = pytest.mark.timeout(400)

#: fer_resnet's recipe with all it has (average, dropout, stochastic depth, mixing), but tiny.
TINY = ["--recipe", "fer_resnet", "--width", "0.25", "--epochs", "3", "--batch", "32", "--ema", "0.8",
        "--precision", "float32", "--learning-rate", "0.05"]  # fmt: skip


def begin(arguments: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "emotion_perception.cli.main", "train", *arguments])


def rows(folder: Path) -> list[dict[str, float]]:
    with (folder / "log.csv").open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def weights(folder: Path) -> list[np.ndarray]:
    import keras

    return list(keras.models.load_model(folder / "best.keras").get_weights())


def halved(data: Path, folder: Path) -> Path:
    """A file of the same pictures at half their size."""
    with np.load(data) as saved:
        np.savez(folder / "small.npz", **{**saved, "images": saved["images"][:, ::2, ::2]})
    return folder / "small.npz"


def test_a_run_killed_between_any_two_writes_ends_as_one_that_was_not(bars: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    common = ["--data", str(bars), *TINY]
    assert main(["train", *common, "--out", str(whole)]) == 0
    # Killed when the first step is saved, in the middle of writing a checkpoint, and when the best network is written.
    moments = [killed / "checkpoint.npz", killed / ".checkpoint.part.npz", killed / ".best.part.keras"]
    for moment in moments:
        moment.unlink(missing_ok=True) if moment.name.startswith(".") else None
        process = begin([*common, "--out", str(killed), "--resume", "--save-every", "0"])
        while not moment.exists() and process.poll() is None:
            time.sleep(0.0005)
        process.kill()
        assert process.wait() == -9, f"it ended before there was {moment.name}"
    assert main(["train", "--out", str(killed), "--resume"]) == 0
    for one, two in zip(rows(whole), rows(killed), strict=True):
        one.pop("seconds"), two.pop("seconds")
        assert one == pytest.approx(two, rel=1e-3, abs=1e-3)
    for left, right in zip(weights(whole), weights(killed), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-2, atol=1e-3)
    assert not list(killed.glob(".*.part.*"))


def test_a_head_of_votes_is_learnt_from_and_not_kept(bars: Path, tmp_path: Path) -> None:
    voted, out = tmp_path / "voted.npz", tmp_path / "run"
    with np.load(bars) as saved:
        votes = np.zeros((len(saved["labels"]), 10), np.int8)
        votes[np.arange(len(votes)), saved["labels"] % 8] = 10
        np.savez(voted, ferplus_votes=votes, **saved)
    command = ["train", "--data", str(voted), *TINY, "--votes-head", "1", "--out", str(out)]
    assert main([*command, "--epochs", "1", "--stop-after", "0.001"]) == 0  # what is begun is gone on with
    assert main([*command[:1], "--out", str(out), "--resume"]) == 0
    assert weights(out)[-1].shape == (7,)
    targets = learning_targets(open_dataset(voted), Recipe(votes_head=0.5))
    assert targets.shape[1] == 15
    assert targets.sum(axis=1) == pytest.approx(1.5)


def test_convolutions_with_strides_do_not_end_the_process_and_both_losses_count_the_weights(
    bars: Path, tmp_path: Path
) -> None:
    import keras

    assert (
        begin(["--recipe", "mini_xception", "--data", str(bars), "--out", str(tmp_path), "--epochs", "1"]).wait() == 0
    )
    model = keras.models.load_model(tmp_path / "best.keras")
    _, validation = opened_parts(RunFolder(tmp_path))
    said = score(softmax(outputs(model, validation.images)), validation.labels, validation.classes)
    of_weights = sum(float(each) for each in model.losses)
    assert of_weights > 0.01
    assert rows(tmp_path)[0]["val_loss"] == pytest.approx(said.nll + of_weights, rel=1e-3)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--recipe", "fer_resnet", "--votes-head", "1"], "has no FER+ votes: give ferplus 0 and votes_head 0"),
        (["--recipe", "cnn3_48", "--width", "2"], "width"),
        (["--recipe", "mini_xception", "--votes-head", "1"], "mini_xception has no features"),
        (["--recipe", "cnn3_48", "--drop", "disgusted"], 'no class "disgusted" to drop'),
    ],
)
def test_what_cannot_be_trained_leaves_no_run_behind(
    options: list[str], reason: str, bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    voted = tmp_path / "voted.npz"
    with np.load(bars) as saved:
        votes = np.ones((len(saved["labels"]), 10), np.int8)
        np.savez(voted, **saved, **({"ferplus_votes": votes} if "mini_xception" in options else {}))
    assert main(["train", *options, "--data", str(voted), "--out", str(tmp_path / "run")]) == 1
    assert reason in capsys.readouterr().err
    assert not RunFolder(tmp_path / "run").is_begun


def test_what_a_run_leaves_behind(bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    command = ["train", "--recipe", "cnn3_48", "--data", str(bars), "--out", str(out), "--epochs", "6", "--batch", "16"]
    assert main(command) == 0
    card = json.loads((out / "data.json").read_text())
    assert sum(card["training"].values()) + sum(card["validation"].values()) == 154  # and none of PublicTest
    assert len(card["digest"]) == 64
    assert load_recipe(out / "config.yaml") == load_recipe("cnn3_48").but(epochs=6, batch=16)
    log = rows(out)
    assert [row["epoch"] for row in log] == [1, 2, 3, 4, 5, 6]
    assert log[-1]["loss"] < log[0]["loss"]
    assert max(row["val_accuracy"] for row in log) > 0.5
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "best epoch" in capsys.readouterr().err

    assert main(command) == 1
    assert "give --resume to go on" in capsys.readouterr().err
    assert main([*command, "--resume", "--batch", "8"]) == 1
    assert "began with batch 16, not 8" in capsys.readouterr().err
    other = tmp_path / "other.npz"
    with np.load(bars) as saved:
        np.savez(other, images=saved["images"][::-1], labels=saved["labels"], usage=saved["usage"])
    assert main(["train", "--resume", "--out", str(out), "--data", str(other)]) == 1
    assert "is not the data this run began with" in capsys.readouterr().err
    (out / "checkpoint.npz").write_bytes(b"PK")
    assert main(["train", "--resume", "--out", str(out)]) == 1
    assert "delete it to begin anew" in capsys.readouterr().err


def test_a_folder_that_another_process_trains_in_is_left_alone(
    bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    with RunFolder(out).alone():
        assert main(["train", "--recipe", "cnn3_48", "--data", str(bars), "--out", str(out), "--resume"]) == 1
    assert f"another process trains in {out}: wait for it" in capsys.readouterr().err
    assert not RunFolder(out).is_begun


def test_a_loss_that_is_no_number_ends_the_run_with_a_sentence(
    bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["train", "--recipe", "cnn_dnn_48", "--data", str(bars), "--out", str(out), "--epochs", "3", "--batch",
                 "8", "--optimizer", "sgd", "--learning-rate", "10"]) == 1  # fmt: skip
    assert "the loss is no number any more in epoch 1: lower learning_rate" in capsys.readouterr().err


def test_the_shipping_command_in_miniature(bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, work, out = tmp_path / "plan.yaml", tmp_path / "work", tmp_path / "models"
    plan.write_text(
        "name: tiny\nversion: '1'\nlicence: none, a test\nteacher: cnn3_48\nteachers: 2\nstudent: cnn3_48\n"
        "teacher_changes: {epochs: 1}\nstudent_changes: {epochs: 1, teaching: 0.7}\n"
        "polish: [{seed: 1, teaching: 0.5}]\n"
        "formats: [float16, int8]\n"
        "main: float16\ntest: PublicTest\n"
    )
    command = ["ship", "--plan", str(plan), "--data", str(bars), "--work", str(work), "--out", str(out)]
    assert main(command) == 0
    trained = [set(np.load(work / f"teacher{fold}" / "trained_on.npy").tolist()) for fold in (0, 1)]
    assert not trained[0] & trained[1]
    assert trained[0] | trained[1] == set(np.load(RunFolder(work / "student").trained_on).tolist())
    faces = open_dataset(bars).split("PublicTest").images[:]
    answers = [ExpressionModel.load(out / name).classify_crops(list(faces)) for name in ("tiny.yaml", "tiny_int8.yaml")]
    assert answers[0].shape == (21, 7)
    np.testing.assert_allclose(answers[0], answers[1], atol=0.25)
    for card in ("tiny.md", "tiny_int8.md"):
        assert "measured on a test split: 2 times" in (out / card).read_text()
    told = "Begun with the weights of student. Teachers: teacher0, teacher1, student."
    assert told in (out / "tiny.md").read_text()
    train = ["train", "--resume", "--out", str(work / "student"), "--teachers", str(work / "teacher0")]
    assert main(train) == 1
    assert "began with another --teachers: leave it out" in capsys.readouterr().err
    student = (work / "polished1" / "best.keras").read_bytes()
    look = (work / "evaluation" / "tiny" / "evaluation.json").stat().st_mtime_ns
    assert main(command) == 0  # once more changes nothing
    assert (work / "polished1" / "best.keras").read_bytes() == student
    assert (work / "evaluation" / "tiny" / "evaluation.json").stat().st_mtime_ns == look
    plan.write_text(plan.read_text().replace("test: PublicTest", "test: Training"))
    assert main(command) == 0  # another split is another question
    assert read_evaluation(work / "evaluation" / "tiny" / "evaluation.json")["split"] == "Training"


def test_parts_targets_and_weights(bars: Path) -> None:
    dataset = open_dataset(bars)
    train, validation = training_parts(dataset, Recipe())
    folds = [training_parts(dataset, Recipe(folds=3, fold=fold)) for fold in range(3)]
    marks = [set(part.fingerprints().tolist()) for part, _ in folds]
    assert all(other.digest() == validation.digest() for _, other in folds)
    for mark in train.fingerprints().tolist():
        assert sum(mark in known for known in marks) == 2
    six, _ = training_parts(dataset, Recipe(drop=("disgust",)))
    assert "disgust" not in six.classes and len(six.classes) == 6
    again, _ = training_parts(without_classes(dataset, ["disgust"]), Recipe(drop=("disgust",)))
    assert again.digest() == six.digest()

    smooth = learning_targets(train, Recipe(label_smoothing=0.1))
    np.testing.assert_allclose(smooth.sum(axis=1), 1, rtol=1e-6)
    assert smooth[0, train.labels[0]] == pytest.approx(0.9 + 0.1 / 7)
    said = np.full((len(train), 7), 1 / 7, np.float32)
    assert learning_targets(train, Recipe(teaching=1.0), said)[0] == pytest.approx(said[0])
    uneven = dataset.subset(np.flatnonzero((dataset.labels != 1) | (np.arange(len(dataset)) < 20)))
    balanced, half = class_weights(uneven, 1.0), class_weights(uneven, 0.5)
    counts = np.bincount(uneven.labels)
    np.testing.assert_allclose(balanced * counts, (balanced * counts)[0])
    assert 1 < half[1] / half[0] < balanced[1] / balanced[0]
    assert (half[uneven.labels]).mean() == pytest.approx(1)


def test_teachers_must_have_learnt_from_the_same_pictures(
    bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small, teacher = halved(bars, tmp_path), tmp_path / "teacher"
    train = ["train", "--recipe", "cnn3_48", "--epochs", "1"]
    assert main([*train, "--data", str(small), "--out", str(teacher)]) == 0
    taught = [*train, "--data", str(bars), "--out", str(tmp_path / "student"), "--teaching", "0.5", "--teachers"]
    assert main([*taught, str(teacher)]) == 1
    assert "learnt from pictures of 24x24, and the student does from those of 48x48" in capsys.readouterr().err
    assert not RunFolder(tmp_path / "student").is_begun
    assert main([*taught, str(tmp_path / "techer")]) == 1  # a slip of the pen
    assert "techer is no finished run and cannot teach" in capsys.readouterr().err
    assert not RunFolder(tmp_path / "student").is_begun


def test_what_a_teacher_learnt_from_does_not_tell_how_good_its_student_is(
    bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = ["train", "--recipe", "cnn3_48", "--data", str(bars), "--epochs", "1"]
    assert main([*train, "--out", str(tmp_path / "teacher")]) == 0
    taught = ["--teachers", str(tmp_path / "teacher"), "--teaching", "0.5", "--validation", "0.5"]
    assert main([*train, "--out", str(tmp_path / "student"), *taught]) == 1
    assert "of the 77 pictures that this run would be validated on" in capsys.readouterr().err


def test_what_cannot_be_told_of_pictures_of_another_size_is_said(
    bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small, first = halved(bars, tmp_path), tmp_path / "first"
    train = ["train", "--recipe", "cnn3_48", "--epochs", "1"]
    assert main([*train, "--data", str(small), "--out", str(first)]) == 0
    assert main([*train, "--data", str(bars), "--out", str(tmp_path / "second"), "--start", str(first)]) == 0
    assert "first learnt from pictures of another size, so nobody can tell" in capsys.readouterr().err
    assert main(["evaluate", "--data", str(bars), "--split", "all", "--model", str(first)]) == 0
    assert "not learnt from" not in capsys.readouterr().out


def test_a_taught_run_goes_on_where_its_teachers_are_not(bars: Path, tmp_path: Path) -> None:
    teacher, student, moved = tmp_path / "teacher", tmp_path / "student", tmp_path / "elsewhere"
    train = ["train", "--recipe", "cnn3_48", "--data", str(bars)]
    assert main([*train, "--epochs", "1", "--out", str(teacher)]) == 0
    taught = ["--epochs", "2", "--teaching", "0.5", "--teachers", str(teacher), "--stop-after", "0.0001"]
    assert main([*train, *taught, "--out", str(student)]) == 0
    shutil.rmtree(teacher)
    student.rename(moved)
    assert main(["train", "--out", str(moved), "--resume"]) == 0
    assert len(rows(moved)) == 2


def test_rows_of_no_split_are_learnt_from_beside_those_for_training(bars: Path) -> None:
    dataset = open_dataset(bars)
    splits = dataset.splits.copy()
    splits[:70] = ""
    train, validation = training_parts(replace(dataset, splits=splits), Recipe())
    assert len(train) + len(validation) == 154
    with pytest.raises(DatasetError, match=r"has only test pictures \(PublicTest\), which nothing learns from"):
        training_parts(dataset.split("PublicTest"), Recipe())


def test_pictures_that_the_first_run_learnt_from_do_not_tell_how_good_the_second_is(
    bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = ["train", "--recipe", "cnn3_48", "--data", str(bars), "--epochs", "1"]
    assert main([*train, "--out", str(tmp_path / "first")]) == 0
    second = [*train, "--out", str(tmp_path / "second"), "--start", str(tmp_path / "first"), "--validation", "0.5"]
    assert main(second) == 1
    assert "of the 77 pictures that this run would be validated on" in capsys.readouterr().err
    assert not RunFolder(tmp_path / "second").is_begun


def test_a_card_counts_the_looks_of_all_runs_it_goes_back_to(bars: Path, tmp_path: Path) -> None:
    runs = [tmp_path / name for name in ("first", "second", "third")]
    for run, start in zip(runs, [None, *runs], strict=False):
        begun = ["--start", str(start)] if start else []
        command = ["train", "--recipe", "cnn3_48", "--data", str(bars), "--epochs", "1", "--out", str(run)]
        assert main([*command, *begun]) == 0
        assert main(["evaluate", "--data", str(bars), "--model", str(run)]) == 0
    assert main(["export", str(runs[2]), "--formats", "float32"]) == 0
    model, page = runs[2] / "export" / "cnn3_48_float32.tflite", tmp_path / "page"
    assert main(["evaluate", "--data", str(bars), "--model", str(model), "--out", str(page)]) == 0
    found = read_evaluation(page / "evaluation.json")
    description = ExpressionModel.load(str(model)).description
    assert "measured on a test split: 4 times" in model_card(description, found, RunFolder(runs[2]))
    shutil.rmtree(runs[0])
    with pytest.raises(EvaluationError, match="its looks at the test cannot be counted: bring it back"):
        model_card(description, found, RunFolder(runs[2]))


def test_a_training_begins_with_the_weights_of_another_run(
    bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, out = tmp_path / "first", tmp_path / "second"
    train = ["train", "--data", str(bars), "--epochs", "1", "--recipe"]
    assert main([*train, "cnn3_48", "--out", str(first)]) == 0
    begun = [*train, "cnn3_48", "--out", str(out), "--start", str(first), "--learning-rate", "0", "--seed", "7"]
    assert main(begun) == 0
    for left, right in zip(weights(first), weights(out), strict=True):
        np.testing.assert_array_equal(left, right)
    assert main([*begun, "--resume"]) == 0
    for start, reason in ((first, "cannot be begun with"), (tmp_path / "none", "cannot be begun with")):
        other = tmp_path / f"from_{start.name}"
        assert main([*train, "cnn_dnn_48", "--out", str(other), "--start", str(start)]) == 1
        assert reason in capsys.readouterr().err
        assert not RunFolder(other).is_begun
