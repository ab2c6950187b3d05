"""The folder of a run: what a training leaves behind, and where."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import TrainingError
from emotion_perception.core.locking import locked
from emotion_perception.training.files import make_folder, write_text
from emotion_perception.training.recipes import Recipe, load_recipe


class RunFolder:
    """Names and reads the files of a run.

    best.keras: the network with the weights of the best epoch; raw pixels in, logits out. checkpoint.npz: to go on
    from. config.yaml: the whole recipe. data.json: what it learnt from. log.csv: a row for each epoch. curves.png.
    trained_on.npy: fingerprints of the pictures it learnt from. taught.npz: what its teachers said.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.best = path / "best.keras"
        self.checkpoint = path / "checkpoint.npz"
        self.config = path / "config.yaml"
        self.data = path / "data.json"
        self.log = path / "log.csv"
        self.curves = path / "curves.png"
        self.trained_on = path / "trained_on.npy"
        self.taught = path / "taught.npz"
        self.lock = path / ".lock"

    @property
    def is_begun(self) -> bool:
        """Whether there is a run in it."""
        return self.config.is_file() and self.data.is_file()

    def begin(self, recipe: Recipe, data: dict[str, Any]) -> None:
        """Make the folder and write what is known beforehand; TrainingError if it cannot be made."""
        make_folder(self.path)
        write_text(self.data, json.dumps(data, indent=2) + "\n")
        write_text(self.config, recipe.to_yaml())  # last: with it the run is begun

    @property
    def is_free(self) -> bool:
        """Whether it is here, and no process trains in it."""
        if not self.lock.is_file():
            return False
        try:
            with locked(self.lock, wait=False, make=False):
                return True
        except BlockingIOError:
            return False

    @contextlib.contextmanager
    def alone(self, *, wait: bool = False) -> Iterator[None]:
        """Make the folder and keep other processes from training in it; the end of the process, a kill too, lets it go.

        TrainingError if one does already and this is not to wait, or if the folder cannot be made.
        """
        make_folder(self.path)
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(locked(self.lock, wait=wait))
            except BlockingIOError as error:
                raise TrainingError(
                    f"another process trains in {self.path}: wait for it, end it, or choose another --out."
                ) from error
            except OSError as error:
                raise TrainingError(f"{self.lock} cannot be made ({error.strerror}): choose another --out.") from error
            yield

    def recipe(self) -> Recipe:
        """The recipe of the run; TrainingError if there is none."""
        self._must_be_begun()
        return load_recipe(self.config)

    def learnt_from(self) -> NDArray[np.void]:
        """Fingerprints of the pictures it learnt from; TrainingError if they are missing or damaged."""
        try:
            return np.asarray(np.load(self.trained_on))
        except (OSError, ValueError, EOFError) as error:
            raise TrainingError(f"{self.trained_on} cannot be read ({error}): `train --resume` the run.") from error

    def data_card(self) -> dict[str, Any]:
        """What data.json says; TrainingError if there is no run, or it is damaged."""
        self._must_be_begun()
        try:
            card = json.loads(self.data.read_text(encoding="utf-8"))
            if missing := [key for key in ("data", "classes", "picture", "digest") if key not in card]:
                raise ValueError(f"it has no {missing[0]}")
        except (OSError, ValueError, TypeError) as error:
            raise TrainingError(f"{self.data} cannot be read ({error}): train anew in another folder.") from error
        return dict(card)

    def _must_be_begun(self) -> None:
        if not self.is_begun:
            raise TrainingError(f"there is no run in {self.path}: give the folder that `train --out` made.")

    def picture(self) -> tuple[int, ...]:
        """(H, W) or (H, W, 3) of the pictures it learnt from, of which ``learnt_from`` are the fingerprints."""
        return tuple(self.data_card()["picture"])

    def started_from(self) -> list[RunFolder]:
        """The run whose weights it began with, if there is one."""
        return [RunFolder(Path(place)) for place in self.data_card().get("start", [])]

    def write_log(self, history: list[dict[str, float]]) -> None:
        """Write log.csv anew."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: f"{value:.6g}" for key, value in row.items()} for row in history)
        write_text(self.log, text.getvalue())
