from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotion_perception.cli.main import main

pytestmark = pytest.mark.usefixtures("train_extra")


def sweep(tmp_path: Path, *arguments: str) -> int:
    data = tmp_path / "data.npz"
    np.savez(data, images=np.zeros((7, 48, 48), np.uint8), labels=np.arange(7, dtype=np.uint8))
    return main(["sweep", "--recipe", "cnn3_48", "--data", str(data), "--out", str(tmp_path / "out"), *arguments])


@pytest.mark.parametrize("storage", ["nonsense", "mysql+nodriver://anna:secret@host/studies"])
def test_a_storage_that_cannot_be_used_is_named_without_its_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], storage: str
) -> None:
    assert sweep(tmp_path, "--vary", "batch=1,2", "--storage", storage) == 1
    said = capsys.readouterr().err
    assert "cannot be used" in said
    assert "give sqlite:///FILE, or the address of a MySQL or PostgreSQL database" in said
    assert "secret" not in said


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    odd = tmp_path / "what? 100%20"
    odd.mkdir()
    sweep(odd, "--vary", "learning_rate=0.001", "epochs=1")
    assert (odd / "out" / "sweep.db").is_file()


def test_nothing_at_random_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(tmp_path, "--vary", "batch=1,2", "--random", "0") == 1
    assert "--random 0 draws nothing: give 1 or more" in capsys.readouterr().err


def test_an_option_that_the_network_does_not_have_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep(tmp_path, "--vary", "dropout=0.2,0.5", "width=1,2") == 1
    assert 'cnn3_48 has no option "width": it takes dropout' in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_trial_of_another_machine_of_the_same_name_is_not_taken(tmp_path: Path) -> None:
    from emotion_perception.training.run_folder import RunFolder

    assert not RunFolder(tmp_path / "trial-0000").is_free
    mine = RunFolder(tmp_path / "trial-0001")
    with mine.alone():
        assert not mine.is_free
    assert mine.is_free


@pytest.mark.parametrize(
    "command",
    [["export", "run"], ["sweep", "--recipe", "cnn3_48", "--data", "x", "--out", "y", "--vary", "batch=1"],
     ["train", "--recipe", "cnn3_48", "--data", "x", "--out", "y"]],
    ids=lambda command: command[0],
)  # fmt: skip
def test_without_keras_a_sentence_says_what_installs_it(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    assert main(command) == 1
    assert "run `make setup-extras`" in capsys.readouterr().err


def study_of(tmp_path: Path, batches: list[int]) -> tuple[Any, Any]:
    """A study of as many trials, and the Sweep that plans it."""
    from emotion_perception.training import sweep as sweeping
    from emotion_perception.training.recipes import Recipe
    from emotion_perception.training.sweep_space import read_space

    recipe = Recipe()
    about = sweeping.Sweep(
        recipe=recipe, space=read_space(["batch=1,2,3"], recipe), plan=[{"batch": batch} for batch in batches],
        data=tmp_path, kind="", digest="", out=tmp_path,
    )  # fmt: skip
    return sweeping.open_study(f"sqlite:///{tmp_path / 'sweep.db'}", "sweep", about), about


def test_a_training_that_fails_of_whatever_is_told_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emotion_perception.training import sweep as sweeping
    from emotion_perception.training.checkpoint import State
    from emotion_perception.training.schedule import Progress

    study, about = study_of(tmp_path, [1, 2])
    answers = iter(
        [MemoryError("no room for 8 GB"), State(history=[{"val_accuracy": 0.5}], progress=Progress(best_epoch=0))]
    )

    def go_on(*_: object, **__: object) -> State:
        answer = next(answers)
        if isinstance(answer, MemoryError):
            raise answer
        return answer

    monkeypatch.setattr(sweeping, "begin", lambda *_, **__: None)
    monkeypatch.setattr(sweeping, "go_on", go_on)
    said: list[str] = []
    sweeping.work(study, about, None, after_trial=lambda: None, say=said.append)  # type: ignore[arg-type]
    assert [trial.state for trial in sweeping.trials(study)] == ["complete", "fail"]
    assert "trial 0 failed: MemoryError: no room for 8 GB" in said


def test_a_worker_that_found_nothing_left_does_not_end_the_report_of_another(tmp_path: Path) -> None:
    from emotion_perception.training import sweep as sweeping

    study, _ = study_of(tmp_path, [1])
    study.ask()
    study.ask()  # nothing was waiting any more
    assert [trial.state for trial in sweeping.trials(study)] == ["running"]


def test_a_plan_grows_and_what_two_machines_planned_is_trained_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emotion_perception.training import sweep as sweeping
    from emotion_perception.training.checkpoint import State
    from emotion_perception.training.schedule import Progress

    study_of(tmp_path, [1, 2])
    study_of(tmp_path, [1, 2])
    study, about = study_of(tmp_path, [1, 2, 3])
    assert len(study.trials) == 3
    study.enqueue_trial({"batch": 2}, user_attrs={"values": {"batch": 2}})  # as another machine may at the same moment
    trained: list[int] = []
    monkeypatch.setattr(sweeping, "begin", lambda folder, recipe, **_: trained.append(recipe.batch))
    done = State(history=[{"val_accuracy": 0.5}], progress=Progress(best_epoch=0))
    monkeypatch.setattr(sweeping, "go_on", lambda *_, **__: done)
    sweeping.work(study, about, None, after_trial=lambda: None, say=lambda _: None)  # type: ignore[arg-type]
    assert trained == [1, 2, 3]
    assert [trial.state for trial in sweeping.trials(study)] == ["complete"] * 3
