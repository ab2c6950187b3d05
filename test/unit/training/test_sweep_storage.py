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
    from emotion_perception.training.sweep import _is_free

    assert not _is_free(tmp_path / "trial-0000")
    (tmp_path / "trial-0001").mkdir()
    (tmp_path / "trial-0001" / ".lock").touch()
    assert _is_free(tmp_path / "trial-0001")


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


def test_a_plan_grows_and_what_two_machines_planned_is_trained_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emotion_perception.training import sweep as sweeping
    from emotion_perception.training.checkpoint import State
    from emotion_perception.training.recipes import Recipe
    from emotion_perception.training.schedule import Progress
    from emotion_perception.training.sweep_space import read_space

    def opened(plan: list[dict[str, Any]]) -> tuple[Any, sweeping.Sweep]:
        recipe = Recipe()
        about = sweeping.Sweep(
            recipe=recipe, space=read_space(["batch=1,2,3"], recipe), plan=plan, data=tmp_path, kind="", digest="",
            out=tmp_path,
        )  # fmt: skip
        return sweeping.open_study(f"sqlite:///{tmp_path / 'sweep.db'}", "sweep", about), about

    opened([{"batch": 1}, {"batch": 2}])
    opened([{"batch": 1}, {"batch": 2}])
    study, about = opened([{"batch": 1}, {"batch": 2}, {"batch": 3}])
    assert len(study.trials) == 3
    study.enqueue_trial({"batch": 2}, user_attrs={"values": {"batch": 2}})  # as another machine may at the same moment
    trained: list[int] = []
    monkeypatch.setattr(sweeping, "begin", lambda folder, recipe, **_: trained.append(recipe.batch))
    done = State(history=[{"val_accuracy": 0.5}], progress=Progress(best_epoch=0))
    monkeypatch.setattr(sweeping, "go_on", lambda *_, **__: done)
    sweeping.work(study, about, None, after_trial=lambda: None, say=lambda _: None)  # type: ignore[arg-type]
    assert trained == [1, 2, 3]
    assert [trial.state for trial in sweeping.trials(study)] == ["complete"] * 3
