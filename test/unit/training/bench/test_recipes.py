from __future__ import annotations

import dataclasses
from dataclasses import fields
from pathlib import Path

import pytest

from emotion_perception.cli.main import main
from emotion_perception.core.errors import TrainingError
from emotion_perception.training.architectures import ARCHITECTURES
from emotion_perception.training.plans import load_plan
from emotion_perception.training.recipes import Recipe, load_recipe, recipe_names
from emotion_perception.training.schedule import Progress, learning_rate


def test_there_is_a_recipe_for_each_architecture() -> None:
    assert {load_recipe(name).architecture for name in recipe_names()} == set(ARCHITECTURES)


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_survives_being_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / "again.yaml"
    path.write_text(load_recipe(name).to_yaml())
    assert load_recipe(path) == load_recipe(name)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ephocs: 3", 'no key "ephocs": did you mean epochs?'),
        ("epochs: 0", '"epochs" is 0, but must be at least 1.'),
        ("epochs: true", '"epochs" is True, but must be a whole number.'),
        ("flip: 2", '"flip" is 2, but must be from 0 to 1.'),
        ("learning_rate: .nan", '"learning_rate" is nan'),
        ("optimizer: lion", "\"optimizer\" is 'lion', but must be one of sgd"),
        ("batch: many", "\"batch\" is 'many', but must be a whole number."),
        ("folds: 5\nfold: 5", "fold 5 of 5"),
        ("monitor: epoch\npatience: 3", "by which no plateau is seen"),
        ("- a", "no recipe"),
        ("a: [", "not valid yaml"),
    ],
)
def test_a_bad_recipe_names_file_key_and_value(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(TrainingError) as caught:
        load_recipe(path)
    assert str(path) in str(caught.value)
    assert sentence in str(caught.value)


def test_every_option_is_a_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    flags = capsys.readouterr().out
    for one in fields(Recipe):
        assert one.name == "about" or f"--{one.name.replace('_', '-')}" in flags


def test_learning_rates() -> None:
    cycle = Recipe(schedule="one_cycle", warm_up=0.1, learning_rate=1.0, lowest_learning_rate=0.01)
    rates = [learning_rate(cycle, step=step, steps=1000) for step in range(1000)]
    assert rates[0] == pytest.approx(0.04, abs=0.02)
    assert max(rates) == pytest.approx(1.0)
    assert rates[99] == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(0.01, abs=1e-4)
    plateau = Recipe(schedule="plateau", learning_rate=0.1, lowest_learning_rate=0.03)
    assert learning_rate(plateau, step=0, steps=10, factor=0.5) == 0.05
    assert learning_rate(plateau, step=0, steps=10, factor=0.1) == 0.03


def test_plateaus_and_the_end() -> None:
    recipe = Recipe(schedule="plateau", plateau_patience=2, plateau_factor=0.1, patience=5, monitor="val_loss")
    progress = Progress()
    seen = [progress.see(recipe, epoch, loss) for epoch, loss in enumerate([2.0, 1.0, 1.5, float("nan"), 0.9])]
    assert seen == [True, True, False, False, True]
    assert progress.factor == pytest.approx(0.1)
    assert progress.best_epoch == 4
    for epoch in range(5, 10):
        assert not progress.is_over(recipe)
        progress.see(recipe, epoch, 1.0)
    assert progress.is_over(recipe)
    assert progress.factor == pytest.approx(0.001)


def test_the_last_epoch_is_the_best_where_that_is_asked_for() -> None:
    progress, recipe = Progress(), Recipe(monitor="epoch")
    assert [progress.see(recipe, epoch, epoch + 1.0) for epoch in range(3)] == [True, True, True]
    assert progress.best_epoch == 2


def test_the_plan_of_the_shipped_model() -> None:
    plan = load_plan("fer_resnet")
    commands = plan.commands(Path("X.npz"), Path("work"))
    assert [command[0] for command in commands] == ["train"] * 3 + ["export", "evaluate", "evaluate", "card", "card"]
    assert load_recipe(plan.student).but(**plan.student_changes).votes_head == 1


def test_teachers_leave_out_a_part_each_and_come_first() -> None:
    plan = dataclasses.replace(load_plan("fer_resnet"), teacher="fer_resnet_teacher", teachers=5, polish=[])
    commands = plan.commands(Path("X.npz"), Path("work"))
    assert [command[0] for command in commands[:7]] == ["train"] * 6 + ["export"]
    assert {command[command.index("--fold") + 1] for command in commands[:5]} == set("01234")
    assert commands[5][-6:] == ["--teachers", *(f"work/teacher{fold}" for fold in range(5))]
    assert load_recipe(plan.teacher).folds == plan.teachers


def test_a_network_is_polished_by_those_before_it() -> None:
    polish = [{"epochs": 60, "seed": 1}, {"seed": 2, "teaching": 0.7}]
    plan = dataclasses.replace(load_plan("fer_resnet"), polish=polish)
    _, second, third, export, *_ = plan.commands(Path("X.npz"), Path("work"))
    assert second[second.index("--start") + 1] == "work/student"
    assert "--teachers" not in second
    assert third[third.index("--start") + 1] == "work/polished1"
    assert third[-5:] == ["--teaching", "0.7", "--teachers", "work/student", "work/polished1"]
    assert export[1] == "work/polished2"


def test_a_bad_plan_is_named(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    for text, sentence in (("nme: x", 'no key "nme"'), ("name: x", '"version" is missing'), ("[", "not valid yaml"),
                           ("formats: float16", "must be a list"), ("version: 1", "must be text"),
                           ("teachers: five", "must be a whole number"),
                           ("polish: [5]", "must be a list of keys")):  # fmt: skip
        path.write_text(text)
        with pytest.raises(TrainingError, match=sentence):
            load_plan(path)
