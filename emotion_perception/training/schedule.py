"""The learning rate: by step where it is known beforehand, by the validation's progress where it is not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from emotion_perception.training.recipes import Recipe

#: one_cycle begins at this part of its highest learning rate (Smith and Topin, 2018).
_FIRST_PART = 1 / 25
_BETTER_BY = 1e-4


def learning_rate(recipe: Recipe, *, step: int, steps: int, factor: float = 1.0) -> float:
    """Learning rate of step ``step`` of ``steps`` in the whole training; ``factor`` is what plateaus left of it."""
    highest, lowest = recipe.learning_rate, recipe.lowest_learning_rate
    if recipe.schedule in ("constant", "plateau"):
        return max(highest * factor, min(lowest, highest))
    rising = recipe.warm_up * steps
    if step < rising:
        first = highest * _FIRST_PART if recipe.schedule == "one_cycle" else 0.0
        return first + (highest - first) * (step + 1) / rising
    done = (step - rising) / max(1.0, steps - rising)
    return lowest + (highest - lowest) * (1 + math.cos(math.pi * done)) / 2


@dataclass
class Progress:
    """What is remembered from epoch to epoch: the best one, and how long nothing has become better."""

    best: float = math.nan
    best_epoch: int = -1
    since_best: int = 0
    since_drop: int = 0
    factor: float = 1.0

    def see(self, recipe: Recipe, epoch: int, value: float) -> bool:
        """Take in an epoch's ``recipe.monitor``; returns whether it is the best so far.

        A value that is not finite never is. Progress of less than 0.0001 makes an epoch the best, but does not put off
        the next plateau nor the end.
        """
        sign = 1.0 if recipe.monitor == "val_loss" else -1.0
        cost, best = sign * value, sign * self.best
        first = math.isnan(best)
        better = math.isfinite(cost) and (first or cost < best)
        if math.isfinite(cost) and (first or cost < best - _BETTER_BY):
            self.since_best = self.since_drop = 0
        else:
            self.since_best += 1
            self.since_drop += 1
        if better:
            self.best, self.best_epoch = value, epoch
        if recipe.schedule == "plateau" and self.since_drop >= recipe.plateau_patience:
            self.factor *= recipe.plateau_factor
            self.since_drop = 0
        return better

    def is_over(self, recipe: Recipe) -> bool:
        """Whether to stop early."""
        return recipe.patience > 0 and self.since_best >= recipe.patience
