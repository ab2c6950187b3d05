"""How far back the average of the weights reaches."""

from __future__ import annotations

import pytest

from emotion_perception.training.recipes import Recipe


@pytest.mark.parametrize(("steps", "decay"), [(5, 0.0), (100, 0.9), (1_000_000, 0.999)])
def test_a_short_training_has_a_short_average(steps: int, decay: float) -> None:
    import keras

    from emotion_perception.training.optimizer import make_optimizer

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    optimizer = make_optimizer(Recipe(ema=0.999), model, steps=steps)
    assert optimizer.use_ema
    assert optimizer.ema_momentum == pytest.approx(decay)
    assert not make_optimizer(Recipe(ema=0), model, steps=steps).use_ema
