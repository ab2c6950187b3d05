"""The optimiser of a recipe."""

from __future__ import annotations

from typing import Any

import keras

from emotion_perception.training.recipes import Recipe

#: The average of the weights reaches back over at most this part of all steps: in a short training, one that reached
#: back further would still be made of the weights that it began with.
_AVERAGED = 1 / 10


def make_optimizer(recipe: Recipe, model: keras.Model, *, steps: int) -> keras.Optimizer:
    """Make and build it, for a training of so many steps. Its learning rate is a plain variable that each step sets."""
    shared: dict[str, Any] = {
        "learning_rate": recipe.learning_rate,
        "weight_decay": recipe.weight_decay or None,
        "global_clipnorm": recipe.clip_norm or None,
        "use_ema": recipe.ema > 0,
        "ema_momentum": min(recipe.ema, max(1 - 1 / (_AVERAGED * steps), 0.0)),
    }
    kinds = {
        "sgd": lambda: keras.optimizers.SGD(momentum=recipe.momentum, nesterov=recipe.momentum > 0, **shared),
        "adam": lambda: keras.optimizers.Adam(**shared),
        "adamw": lambda: keras.optimizers.AdamW(**shared),
        "nadam": lambda: keras.optimizers.Nadam(**shared),
    }
    if recipe.optimizer == "adamw":
        shared["weight_decay"] = recipe.weight_decay
    optimizer = kinds[recipe.optimizer]()
    if recipe.weight_decay:
        optimizer.exclude_from_weight_decay(
            var_list=[variable for variable in model.trainable_variables if len(variable.shape) < 2]
        )
    optimizer.build(model.trainable_variables)
    return optimizer
