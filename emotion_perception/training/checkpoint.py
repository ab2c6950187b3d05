"""All that a training needs to go on as if it had never been stopped, in one file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import TrainingError
from emotion_perception.training.files import write_whole
from emotion_perception.training.schedule import Progress

if TYPE_CHECKING:  # that runs can be compared without Keras
    import keras


@dataclass
class State:
    """Where a training stands: ``step`` batches into ``epoch``, whose loss and accuracy so far are summed in ``sums``.

    history: a row of log.csv for each epoch that is over. seconds: spent in training. over: whether it has ended.
    Order and augmentation follow from the recipe's seed and these numbers; dropout's generators are variables of the
    model.
    """

    epoch: int = 0
    step: int = 0
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0])
    seconds: float = 0.0
    over: bool = False
    progress: Progress = field(default_factory=Progress)
    history: list[dict[str, float]] = field(default_factory=list)


def save(path: Path, state: State, model: keras.Model, optimizer: keras.Optimizer) -> None:
    """Write state, model and optimiser whole; TrainingError if the disk refuses."""
    from keras import ops

    arrays = {f"{part}{i}": ops.convert_to_numpy(one.value) for part, i, one in _variables(model, optimizer)}

    def write(part: Path) -> None:
        with part.open("wb") as file:
            np.savez(file, state=np.array(json.dumps(asdict(state))), **arrays)

    write_whole(path, write)


def load(path: Path, model: keras.Model, optimizer: keras.Optimizer) -> State:
    """Put model and optimiser back as they were saved, on whichever backend, and return the state.

    TrainingError if the file is damaged or of another network.
    """
    state, values = _read(path)
    variables = {f"{part}{i}": one for part, i, one in _variables(model, optimizer)}
    if {name: one.shape for name, one in variables.items()} != {name: one.shape for name, one in values.items()}:
        raise TrainingError(f"checkpoint {path} is of another network or optimiser: give the folder its own recipe.")
    for name, variable in variables.items():
        variable.assign(values[name])
    return state


def waits(path: Path) -> bool:
    """Whether there is a checkpoint, of a training that has not ended."""
    try:
        state, _ = _read(path)
    except TrainingError:
        return False
    return not state.over


def _read(path: Path) -> tuple[State, dict[str, NDArray[Any]]]:
    try:
        with np.load(path) as saved:
            document: dict[str, Any] = json.loads(str(saved["state"]))
            values = {name: saved[name] for name in saved.files if name != "state"}
        return State(**{**document, "progress": Progress(**document["progress"])}), values
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(f"checkpoint {path} is damaged ({error}): delete it to begin anew.") from error


def _variables(model: keras.Model, optimizer: keras.Optimizer) -> list[tuple[str, int, Any]]:
    return [
        *(("model", i, one) for i, one in enumerate(model.variables)),
        *(("optimizer", i, one) for i, one in enumerate(optimizer.variables)),
    ]
