"""The optimiser of a recipe."""

from __future__ import annotations

from typing import Any

import keras

from emotion_perception.training.recipes import Recipe


def make_optimizer(recipe: Recipe, model: keras.Model) -> keras.Optimizer:
    """Make and build it. Its learning rate is a plain variable that each step sets."""
    shared: dict[str, Any] = {
        "learning_rate": recipe.learning_rate,
        "weight_decay": recipe.weight_decay or None,
        "global_clipnorm": recipe.clip_norm or None,
        "use_ema": recipe.ema > 0,
        "ema_momentum": recipe.ema or 0.99,
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
