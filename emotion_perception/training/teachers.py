"""What trained networks say of the pictures another one is to learn from (Hinton et al., 2015)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import TrainingError
from emotion_perception.training.answers import outputs, softmax
from emotion_perception.training.backend import load_keras
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.files import write_whole
from emotion_perception.training.run_folder import RunFolder


def check_teacher(run: RunFolder, student: Dataset) -> None:
    """TrainingError if it is no finished run, or one of other classes or other sizes of pictures than the student's."""
    if not run.best.is_file() or not run.trained_on.is_file():
        raise TrainingError(f"{run.path} is no finished run and cannot teach: train it first.")
    if (known := tuple(run.data_card()["classes"])) != student.classes:
        raise TrainingError(f"teacher {run.path} knows {', '.join(known)}: choose one of the student's classes.")
    if (learnt := run.picture()) != student.shape:
        raise TrainingError(
            f"teacher {run.path} learnt from pictures of {_words(learnt)}, and the student does from those of"
            f" {_words(student.shape)}, so nobody can tell which of them it knows: choose one of the same size."
        )


def taught(
    dataset: Dataset, teachers: Sequence[Path], *, temperature: float, cache: Path, say: Callable[[str], None]
) -> NDArray[np.float32]:
    """(N, classes) probabilities: softmax of the teachers' mean logits over ``temperature``, mirror images included.

    Of each picture only those teachers are asked that have not learnt from it, for they know its label, right or wrong,
    by heart; where all have, all are. So teachers of different folds together tell of every picture what they think.

    teachers: folders of runs. cache: file to keep the answers in, for a run that is resumed, elsewhere too, where the
    teachers are not. TrainingError for a teacher that cannot teach.
    """
    key = _key(dataset, teachers)
    if cache.is_file():
        with np.load(cache) as saved:
            if str(saved["key"]) == key:
                return softmax(saved["logits"], temperature)
    runs = [RunFolder(path) for path in teachers]
    for run in runs:
        check_teacher(run, dataset)
    total = np.zeros((len(dataset), len(dataset.classes)), np.float32)
    asked = np.zeros((len(dataset), 1), np.float32)
    everybody = np.zeros_like(total)
    marks = dataset.fingerprints()
    keras = load_keras()
    for run in runs:
        say(f"asking {run.path}")
        said = outputs(keras.models.load_model(run.best, compile=False), dataset.images, mirror=True)
        unseen = ~np.isin(marks, run.learnt_from())[:, np.newaxis]
        total += np.where(unseen, said, 0)
        asked += unseen
        everybody += said
    mean = np.where(asked > 0, total / np.maximum(asked, 1), everybody / len(runs)).astype(np.float32)
    if known := int((asked == 0).sum()):
        say(f"{known} of {len(dataset)} pictures were learnt from by every teacher, so all were asked about them")
    write_whole(cache, lambda part: _save(part, key, mean))
    return softmax(mean, temperature)


def _words(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _save(path: Path, key: str, mean: NDArray[np.float32]) -> None:
    with path.open("wb") as file:
        np.savez(file, key=np.array(key), logits=mean)


def _key(dataset: Dataset, teachers: Sequence[Path]) -> str:
    """Changes with the pictures, their order, and whom was asked; the teachers need not be here any more."""
    total = hashlib.sha256(dataset.fingerprints().tobytes())
    total.update("\n".join(map(str, teachers)).encode())
    return total.hexdigest()
