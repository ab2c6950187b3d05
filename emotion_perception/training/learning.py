"""Training a network by a recipe, so that a kill at any moment costs minutes and changes nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import TrainingError
from emotion_perception.training import checkpoint
from emotion_perception.training.acceleration import accelerated
from emotion_perception.training.answers import outputs, softmax
from emotion_perception.training.architectures import build_model, input_of
from emotion_perception.training.curves import draw_curves
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.feed import Feed
from emotion_perception.training.files import write_whole
from emotion_perception.training.metrics import score
from emotion_perception.training.optimizer import make_optimizer
from emotion_perception.training.recipes import Recipe
from emotion_perception.training.run_folder import RunFolder
from emotion_perception.training.schedule import learning_rate
from emotion_perception.training.step import make_step
from emotion_perception.training.targets import learning_targets
from emotion_perception.training.votes import EXPRESSIONS
from emotion_perception.training.votes_head import with_votes_head

#: Steps whose loss is not waited for: so many may be on their way to a GPU.
_UNDER_WAY = 20


class Watcher(Protocol):
    """Is told how a training goes on."""

    def step(self, epoch: int, done: int, steps: int, loss: float, accuracy: float) -> None:
        """Batches of an epoch (from 1) that are done, and their mean loss and accuracy, now and then."""

    def epoch(self, row: dict[str, float], epochs: int, *, best: bool) -> None:
        """An epoch's row of log.csv, once it is over and saved."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What is learnt, and from what.

    taught: (N, classes) what teachers say of ``train``, or None. start: a run whose weights to begin with, or None for
    random ones. save_every: seconds between checkpoints within an
    epoch; there is one after each epoch in any case. stop_after: seconds after which to stop at the next step, with a
    checkpoint; 0 for never.
    """

    recipe: Recipe
    train: Dataset
    validation: Dataset
    taught: NDArray[np.float32] | None = None
    start: RunFolder | None = None
    save_every: float = 300.0
    stop_after: float = 0.0


def learn(lesson: Lesson, folder: RunFolder, watcher: Watcher) -> checkpoint.State:
    """Train into a folder that is begun, from its checkpoint on if it has one; returns where the training stands.

    TrainingError if the loss is no number any more, or a file cannot be written, or the weights to begin with do not
    fit.
    """
    recipe = lesson.recipe
    plain, model, trained = build(recipe, len(lesson.train.classes))
    if lesson.start and not folder.checkpoint.is_file():
        take_weights(model, lesson.start)
    targets = learning_targets(lesson.train, recipe, lesson.taught)
    feed = Feed(lesson.train, targets, recipe, input_of(recipe.architecture))
    optimizer = make_optimizer(recipe, trained, steps=recipe.epochs * feed.steps)
    state = checkpoint.State()
    if folder.checkpoint.is_file():
        state = checkpoint.load(folder.checkpoint, trained, optimizer)
    course = _Course(lesson, folder, watcher, feed, plain, model, trained, optimizer, state)
    if state.history:
        course.note()  # a kill may have come between the checkpoint and the log
    while not state.over and course.goes_on:
        course.epoch()
    return state


def build(recipe: Recipe, classes: int) -> tuple[keras.Model, keras.Model, keras.Model]:
    """The network of a recipe as it is kept, as it is fast on this machine, and as it is trained; all of one seed.

    TrainingError if the architecture cannot be what the recipe asks for.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(recipe.seed)
    plain = build_model(recipe.architecture, classes, **recipe.architecture_options)
    model = accelerated(plain, precision=recipe.precision)
    return plain, model, with_votes_head(model, EXPRESSIONS) if recipe.votes_head else model


def take_weights(model: keras.Model, start: RunFolder) -> None:
    """Give a network the best weights of another run; TrainingError if there are none, or they do not fit."""
    try:
        model.set_weights(keras.models.load_model(start.best, compile=False).get_weights())
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise TrainingError(
            f"{start.path} cannot be begun with ({reason}): give a finished run of the same architecture and classes."
        ) from error


class _Course:
    """The moving parts of a training."""

    def __init__(
        self,
        lesson: Lesson,
        folder: RunFolder,
        watcher: Watcher,
        feed: Feed,
        plain: keras.Model,
        model: keras.Model,
        trained: keras.Model,
        optimizer: keras.Optimizer,
        state: checkpoint.State,
    ) -> None:
        self._lesson, self._recipe, self._folder, self._watcher = lesson, lesson.recipe, folder, watcher
        self._feed, self._plain, self._model, self._optimizer = feed, plain, model, optimizer
        self._trained, self._state = trained, state
        self._step = make_step(trained, optimizer, lesson.recipe, classes=len(lesson.train.classes))
        self._began = self._saved = self._counted = time.monotonic()

    @property
    def goes_on(self) -> bool:
        """Whether the time is not up."""
        return not self._lesson.stop_after or time.monotonic() - self._began < self._lesson.stop_after

    def epoch(self) -> None:
        """Train one epoch, or what is left of it, or as long as there is time; save; validate after a whole one."""
        state, steps = self._state, self._feed.steps
        coming: list[Any] = []
        for batch in self._feed.epoch(state.epoch, first=state.step):
            coming.append(self._step(batch, self._rate(state.step)))
            state.step += 1
            if len(coming) >= _UNDER_WAY or state.step == steps:
                self._count(coming)
            if time.monotonic() - self._saved >= self._lesson.save_every or not self.goes_on:
                self._count(coming)
                self._save()
                if not self.goes_on and state.step < steps:
                    return
        self._finish()

    def _rate(self, step: int) -> float:
        """Learning rate of a step of this epoch."""
        state, steps = self._state, self._feed.steps
        done = state.epoch * steps + step
        return learning_rate(self._recipe, step=done, steps=self._recipe.epochs * steps, factor=state.progress.factor)

    def _count(self, coming: list[Any]) -> None:
        """Wait for steps, and sum up what they told."""
        state = self._state
        for told in coming:
            loss, accuracy = np.asarray(told, np.float64).tolist()
            if not np.isfinite(loss):
                raise TrainingError(
                    f"the loss is no number any more in epoch {state.epoch + 1}: lower learning_rate, or set clip_norm;"
                    " the last checkpoint stays."
                )
            state.sums = [state.sums[0] + loss, state.sums[1] + accuracy]
        coming.clear()
        loss, accuracy = (total / state.step for total in state.sums)
        self._watcher.step(state.epoch + 1, state.step, self._feed.steps, loss, accuracy)

    def _finish(self) -> None:
        """Validate, note, keep the best weights, save."""
        state, recipe = self._state, self._recipe
        self._step.settle()
        with self._average():
            self._plain.set_weights(self._model.get_weights())
        validation = self._lesson.validation
        said = score(softmax(outputs(self._plain, validation.images)), validation.labels, validation.classes)
        row = {
            "epoch": float(state.epoch + 1),
            "learning_rate": self._rate(self._feed.steps - 1),
            "loss": state.sums[0] / state.step,
            "accuracy": state.sums[1] / state.step,
            # With what the network adds to it when it is trained, so that the two losses are one.
            "val_loss": said.nll + sum(float(keras.ops.convert_to_numpy(each)) for each in self._plain.losses),
            "val_accuracy": said.accuracy,
            "val_macro_f1": said.macro_f1,
            "seconds": state.seconds + time.monotonic() - self._counted,
        }
        best = state.progress.see(recipe, state.epoch, row[recipe.monitor])
        if best:
            write_whole(self._folder.best, self._plain.save)
        state.history.append(row)
        state.epoch, state.step, state.sums = state.epoch + 1, 0, [0.0, 0.0]
        state.over = state.epoch >= recipe.epochs or state.progress.is_over(recipe)
        self._save()
        self.note()
        self._watcher.epoch(row, recipe.epochs, best=best)

    def note(self) -> None:
        """Write log.csv and curves.png from the history."""
        self._folder.write_log(self._state.history)
        best = self._state.progress.best_epoch + 1
        title = f"{self._recipe.architecture} on {self._lesson.train.name}"
        draw_curves(self._state.history, self._folder.curves, title=title, best_epoch=best or -1)

    def _save(self) -> None:
        self._step.settle()
        now = time.monotonic()
        self._state.seconds += now - self._counted
        self._saved = self._counted = now
        checkpoint.save(self._folder.checkpoint, self._state, self._trained, self._optimizer)

    @contextmanager
    def _average(self) -> Iterator[None]:
        """Within it, the model has the average of its weights, if the recipe keeps one."""
        if not self._recipe.ema:
            yield
            return
        values = [keras.ops.convert_to_numpy(one.value) for one in self._trained.trainable_variables]
        self._optimizer.finalize_variable_values(self._trained.trainable_variables)
        try:
            yield
        finally:
            for variable, value in zip(self._trained.trainable_variables, values, strict=True):
                variable.assign(value)
