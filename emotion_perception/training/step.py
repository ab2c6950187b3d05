"""One step of gradient descent, compiled, on whichever backend Keras has. The only file that tells them apart."""

from __future__ import annotations

from typing import Any, Protocol

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from emotion_perception.training import augmentation
from emotion_perception.training.feed import Batch
from emotion_perception.training.recipes import Recipe


class Step(Protocol):
    """Trains a model and its optimiser in place."""

    def __call__(self, batch: Batch, learning_rate: float) -> NDArray[np.float32] | Any:
        """Take a step; returns (loss, accuracy) of the batch, perhaps not computed yet: ``np.asarray`` waits for it."""

    def settle(self) -> None:
        """Bring the variables of model and optimiser up to date; call it before they are read."""


def make_step(model: keras.Model, optimizer: keras.Optimizer, recipe: Recipe, *, classes: int) -> Step:
    """The step of the backend in use. classes: the model's first answers; those after them are of the votes' head."""
    kinds: dict[str, type[_TensorFlowStep | _JaxStep | _TorchStep]] = {
        "tensorflow": _TensorFlowStep,
        "jax": _JaxStep,
        "torch": _TorchStep,
    }
    return kinds[keras.backend.backend()](model, optimizer, classes, compiled=recipe.compile)


def _losses(answers: Any, targets: Any, weights: Any, classes: int) -> tuple[Any, Any]:
    """Weighted cross-entropy with soft targets, and the part of a batch whose most probable class is the target's.

    answers, targets: (N, classes), or more where there is a head of votes.
    """
    answers = ops.cast(answers, "float32")
    logits, labels = answers[:, :classes], targets[:, :classes]
    costs = -ops.sum(labels * ops.log_softmax(logits, axis=-1), axis=-1)
    if answers.shape[-1] > classes:
        costs -= ops.sum(targets[:, classes:] * ops.log_softmax(answers[:, classes:], axis=-1), axis=-1)
    right = ops.argmax(logits, axis=-1) == ops.argmax(labels, axis=-1)
    return ops.mean(costs * weights), ops.mean(ops.cast(right, "float32"))


class _TensorFlowStep:
    def __init__(self, model: keras.Model, optimizer: keras.Optimizer, classes: int, *, compiled: bool) -> None:
        import tensorflow as tf

        self._optimizer = optimizer

        def step(pictures: Any, targets: Any, weights: Any, drawn: Any) -> Any:
            pixels, mixed = augmentation.apply(pictures, targets, drawn)
            with tf.GradientTape() as tape:
                loss, accuracy = _losses(model(pixels, training=True), mixed, weights, classes)
                total = loss + sum(model.losses)
            gradients = tape.gradient(total, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            return tf.stack([total, accuracy])

        self._step = tf.function(step, jit_compile=compiled)

    def __call__(self, batch: Batch, learning_rate: float) -> Any:
        self._optimizer.learning_rate = learning_rate
        return self._step(*batch)

    def settle(self) -> None:
        pass


class _JaxStep:
    def __init__(self, model: keras.Model, optimizer: keras.Optimizer, classes: int, *, compiled: bool) -> None:
        import jax
        import jax.numpy as jnp

        self._model, self._optimizer = model, optimizer
        self._rate = [variable.path.rsplit("/", 1)[-1] for variable in optimizer.variables].index("learning_rate")

        def cost(trained: Any, others: Any, pictures: Any, targets: Any, weights: Any, drawn: Any) -> Any:
            pixels, mixed = augmentation.apply(pictures, targets, drawn)
            answers, others, extra = model.stateless_call(trained, others, pixels, training=True, return_losses=True)
            loss, accuracy = _losses(answers, mixed, weights, classes)
            total = loss + sum(extra)
            return total, (others, ops.stack([total, accuracy]))

        gradient = jax.grad(cost, has_aux=True)

        def step(state: Any, rate: Any, batch: Batch) -> Any:
            trained, others, optimised = state
            optimised = [*optimised[: self._rate], rate, *optimised[self._rate + 1 :]]
            gradients, (others, told) = gradient(trained, others, *batch)
            trained, optimised = optimizer.stateless_apply(optimised, gradients, trained)
            return (list(trained), list(others), list(optimised)), told

        self._step = jax.jit(step, donate_argnums=0)
        self._state: Any = tuple([jnp.array(variable.value) for variable in part] for part in self._variables())

    def __call__(self, batch: Batch, learning_rate: float) -> Any:
        self._state, told = self._step(self._state, np.float32(learning_rate), batch)
        return told

    def _variables(self) -> tuple[list[Any], ...]:
        return self._model.trainable_variables, self._model.non_trainable_variables, self._optimizer.variables

    def settle(self) -> None:
        import jax.numpy as jnp

        for variables, values in zip(self._variables(), self._state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(jnp.array(value))  # a copy: the next step takes over the memory of the state


class _TorchStep:
    def __init__(self, model: keras.Model, optimizer: keras.Optimizer, classes: int, *, compiled: bool) -> None:
        import torch

        self._model, self._optimizer = model, optimizer

        def costs(pictures: Any, targets: Any, weights: Any, drawn: Any) -> tuple[Any, Any]:
            pixels, mixed = augmentation.apply(pictures, targets, drawn)
            loss, accuracy = _losses(model(pixels, training=True), mixed, weights, classes)
            return loss + sum(model.losses), accuracy

        self._costs = torch.compile(costs) if compiled else costs

    def __call__(self, batch: Batch, learning_rate: float) -> Any:
        import torch

        self._optimizer.learning_rate = learning_rate
        variables = self._model.trainable_variables
        self._model.zero_grad()
        total, accuracy = self._costs(*map(ops.convert_to_tensor, batch))
        total.backward()
        with torch.no_grad():
            self._optimizer.apply([variable.value.grad for variable in variables], variables)
        return ops.convert_to_numpy(torch.stack([total.detach(), accuracy]))

    def settle(self) -> None:
        pass
