"""A run from its data to its folder: begun, or resumed as it was begun."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import emotion_perception
from emotion_perception.core.errors import TrainingError
from emotion_perception.training.architectures.registry import input_of
from emotion_perception.training.backend import load_keras
from emotion_perception.training.checkpoint import State
from emotion_perception.training.collecting import Progress
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.datasets import open_for
from emotion_perception.training.files import write_whole
from emotion_perception.training.leaks import refuse_leak
from emotion_perception.training.learning import Lesson, Watcher, build, learn, take_weights
from emotion_perception.training.parts import training_parts
from emotion_perception.training.recipes import Recipe
from emotion_perception.training.run_folder import RunFolder
from emotion_perception.training.targets import learning_targets
from emotion_perception.training.teachers import check_teacher, taught


def begin(
    folder: RunFolder,
    recipe: Recipe,
    *,
    data: Path,
    kind: str = "",
    teachers: Sequence[Path] = (),
    start: Path | None = None,
    say: Callable[[str], None] = print,
    progress: Progress | None = None,
) -> tuple[Dataset, Dataset]:
    """Make a run's folder; returns what it learns from and is validated on.

    start: a run whose weights to begin with. progress: called with pictures read and all, where they are files.
    Nothing is written before network, teachers and targets are known to be possible. TrainingError if they are not, if
    there is a run in it already, or if there are teachers and the recipe leaves them no part; DatasetError if the
    recipe wants votes that the data do not have.
    """
    if folder.is_begun:
        raise TrainingError(f"there is a run in {folder.path} already: give --resume to go on, or another --out.")
    if teachers and not recipe.teaching:
        raise TrainingError("there are teachers, but teaching is 0: give --teaching, or no --teachers.")
    train, validation = training_parts(_opened(data, kind, recipe, progress), recipe)
    _, model, _ = build(recipe, len(train.classes))
    if start:
        first = RunFolder(start)
        take_weights(model, first)
        refuse_leak(first, validation, say=say)
    for teacher in map(RunFolder, teachers):
        check_teacher(teacher, train)
        refuse_leak(teacher, validation, say=say)
    learning_targets(train, recipe)
    card = _card(train, validation) | {
        "data": str(data.expanduser().absolute()),
        "kind": kind,
        "teachers": places(teachers),
        "start": places([start] if start else []),
    }
    folder.begin(recipe, card)
    return train, validation


def places(runs: Sequence[Path]) -> list[str]:
    """Where other runs are, as data.json says it."""
    return [str(run.expanduser().absolute()) for run in runs]


def go_on(
    folder: RunFolder,
    watcher: Watcher,
    *,
    data: Path | None = None,
    parts: tuple[Dataset, Dataset] | None = None,
    save_every: float = 300.0,
    stop_after: float = 0.0,
    say: Callable[[str], None] = print,
    progress: Progress | None = None,
) -> State:
    """Train the run in ``folder`` to its end, from wherever it stands.

    data: where the pictures are now, if they were moved. parts: what ``begin`` returned, if it was just now.
    progress: as ``begin``'s. TrainingError if they are not those the run began with.
    """
    recipe, card = folder.recipe(), folder.data_card()
    train, validation = parts or opened_parts(folder, data, progress)
    if not folder.trained_on.is_file():
        marks = np.unique(np.concatenate([train.fingerprints(), *(run.learnt_from() for run in folder.started_from())]))
        write_whole(folder.trained_on, lambda part: np.save(part, marks))
    said = None
    if card["teachers"]:
        said = taught(
            train,
            [Path(teacher) for teacher in card["teachers"]],
            temperature=recipe.teacher_temperature,
            cache=folder.taught,
            say=say,
        )
    lesson = Lesson(
        recipe=recipe,
        train=train,
        validation=validation,
        taught=said,
        start=next(iter(folder.started_from()), None),
        save_every=save_every,
        stop_after=stop_after,
    )
    return learn(lesson, folder, watcher)


def opened_parts(
    folder: RunFolder, data: Path | None = None, progress: Progress | None = None
) -> tuple[Dataset, Dataset]:
    """Open what a run learns from and is validated on, as ``training_parts``.

    data: where the pictures are now, if they were moved. progress: as ``begin``'s. TrainingError if they are not those
    the run began with.
    """
    card, recipe = folder.data_card(), folder.recipe()
    place = data or Path(card["data"])
    train, validation = training_parts(_opened(place, card["kind"], recipe, progress), recipe)
    for part, key in ((train, "digest"), (validation, "validation_digest")):
        if (found := part.digest()) != card[key]:
            raise TrainingError(
                f"{place} is not the data this run began with (SHA-256 {found[:12]}…, not {card[key][:12]}…): give"
                " those pictures by --data, or begin anew in another folder."
            )
    return train, validation


def _opened(data: Path, kind: str, recipe: Recipe, progress: Progress | None) -> Dataset:
    wanted = input_of(recipe.architecture)
    return open_for(data, size=wanted.size, channels=wanted.channels, kind=kind, progress=progress)


def _card(train: Dataset, validation: Dataset) -> dict[str, Any]:
    """What is told of the data; ``digest`` stands for the pictures of both parts, their labels and votes."""
    keras = load_keras()
    return {
        "name": train.name,
        "digest": train.digest(),
        "validation_digest": validation.digest(),
        "classes": list(train.classes),
        "picture": list(train.shape),
        "training": train.counts(),
        "validation": validation.counts(),
        "made_with": {
            "emotion_perception": emotion_perception.__version__,
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
            "python": platform.python_version(),
        },
    }
