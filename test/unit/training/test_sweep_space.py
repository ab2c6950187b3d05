from __future__ import annotations

import pytest

from emotion_perception.core.errors import TrainingError
from emotion_perception.training.recipes import Recipe
from emotion_perception.training.sweep_space import Choices, Range, at_random, grid, read_space

RECIPE = Recipe()


def test_values_have_the_type_of_their_option() -> None:
    space = read_space(["learning-rate=1e-3,0.1", "batch=32,64,32", "optimizer=adam", "compile=true,False"], RECIPE)
    assert space == {
        "learning_rate": Choices((0.001, 0.1)),
        "batch": Choices((32, 64)),
        "optimizer": Choices(("adam",)),
        "compile": Choices((True, False)),
    }
    assert len(grid(space)) == 8
    assert grid(space)[0] == {"learning_rate": 0.001, "batch": 32, "optimizer": "adam", "compile": True}


def test_wide_ranges_are_drawn_by_their_logarithm_and_repeat() -> None:
    space = read_space(["learning_rate=0.0001..1", "dropout=0.1..0.5", "batch=16..64"], RECIPE)
    assert space["batch"] == Range(16, 64, whole=True)
    drawn = at_random(space, 400, 7)
    assert drawn == at_random(space, 400, 7)
    assert 0.4 < sum(each["learning_rate"] < 0.01 for each in drawn) / 400 < 0.6
    assert 0.4 < sum(each["dropout"] < 0.3 for each in drawn) / 400 < 0.6
    assert {type(each["batch"]) for each in drawn} == {int}
    for each in drawn:
        RECIPE.but(**each)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("learnin=1", '"learnin" cannot be varied'),
        ("drop=disgust", '"drop" cannot be varied'),
        ("batch", '"batch" says no values: write batch=A,B,C'),
        ("batch=1.5", '"batch" cannot be "1.5": give a whole number'),
        ("compile=maybe", "give true or false"),
        ("dropout=0.5..0.1", "write the lower end first"),
        ("dropout=0.5,2", '"dropout" is 2.0, but must be from 0 to 0.95'),
        ("optimizer=adam,lion", "must be one of sgd, adam"),
    ],
)
def test_what_a_recipe_cannot_be_is_said(text: str, sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        read_space([text], RECIPE)


def test_a_range_has_no_grid() -> None:
    with pytest.raises(TrainingError, match='"dropout" is a range, which has no grid: list values, or give --random N'):
        grid(read_space(["batch=1,2", "dropout=0.1..0.5"], RECIPE))
