"""Recipes: everything that decides how a network is trained, as one checked record and as yaml."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from emotion_perception.core import paths
from emotion_perception.core.errors import TrainingError
from emotion_perception.core.yaml_files import read_mapping
from emotion_perception.training.augmentation import Augmentation


def _option(
    default: Any, text: str, *, low: float | None = None, high: float | None = None, choices: tuple[str, ...] = ()
) -> Any:
    """A field with its help, and the values it may have: from ``low`` to ``high``, or one of ``choices``."""
    return field(default=default, metadata={"help": text, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training, from the architecture to the last epoch. A field is a key of the yaml and a flag of the command.

    TrainingError names a value out of its range.
    """

    architecture: str = _option("fer_resnet", "network, one of training/architectures")
    about: str = _option("", "where the recipe comes from, and what was reported for it")
    # The network's own options; an architecture without one refuses it (None: the architecture's default).
    weights: str | None = _option(None, "of mobilenet_v2: imagenet, none, or a file")
    freeze: bool | None = _option(None, "train only what follows the weights that were loaded")
    width: float | None = _option(None, "factor of the channels", low=0.1, high=16)
    dropout: float | None = _option(None, "before the last layer", low=0, high=0.95)
    drop_path: float | None = _option(None, "probability to skip the last block", low=0, high=0.9)
    # Data.
    drop: tuple[str, ...] = _option((), "classes to leave out, as disgust")
    validation: float = _option(0.1, "part of the training split that is kept for validation", low=0.001, high=0.9)
    folds: int = _option(0, "leave out one of so many parts of what is trained on (0: none), for teachers", low=0)
    fold: int = _option(0, "which part", low=0)
    seed: int = _option(0, "of weights, order and augmentation", low=0, high=2**31 - 1)
    balance: str = _option("none", "rare classes weigh more, or are drawn more often",
                           choices=("none", "weights", "oversample"))  # fmt: skip
    balance_power: float = _option(1.0, "1 makes all classes equal, 0.5 goes half the way", low=0, high=1)
    # Augmentation.
    flip: float = _option(0.0, "probability to mirror", low=0, high=1)
    rotation: float = _option(0.0, "degrees either way", low=0, high=180)
    shift: float = _option(0.0, "part of the side, either way", low=0, high=1)
    scale: float = _option(0.0, "part of the size, either way", low=0, high=0.9)
    contrast: float = _option(0.0, "part of the contrast, either way", low=0, high=1)
    brightness: float = _option(0.0, "part of the range of values, either way", low=0, high=1)
    erasing: float = _option(0.0, "probability to paint over a rectangle", low=0, high=1)
    mixup: float = _option(0.0, "alpha of mixing pairs of pictures, 0 for none", low=0, high=10)
    # Targets.
    label_smoothing: float = _option(0.0, "part of the target that is spread over all classes", low=0, high=0.9)
    ferplus: float = _option(0.0, "part of the target that FER+'s votes decide", low=0, high=1)
    votes_head: float = _option(0.0, "weight of a second head that learns FER+'s votes; it is not kept", low=0, high=10)
    teaching: float = _option(0.0, "part of the target that the teachers decide", low=0, high=1)
    teacher_temperature: float = _option(1.0, "softens what teachers say", low=0.1, high=20)
    # Optimisation.
    epochs: int = _option(100, "at most so many", low=1)
    batch: int = _option(128, "pictures in a step", low=1)
    optimizer: str = _option("sgd", "sgd is Nesterov's", choices=("sgd", "adam", "adamw", "nadam"))
    learning_rate: float = _option(0.1, "the highest", low=0, high=10)
    momentum: float = _option(0.9, "of sgd", low=0, high=0.9999)
    weight_decay: float = _option(0.0, "decoupled, times the learning rate; not for biases and normalisation",
                                  low=0, high=1)  # fmt: skip
    clip_norm: float = _option(0.0, "largest norm of the gradient, 0 for any", low=0)
    ema: float = _option(0.0, "decay of the average of the weights that is kept, less in a short training; 0 for none",
                         low=0, high=0.99999)  # fmt: skip
    schedule: str = _option("constant", "of the learning rate", choices=("constant", "cosine", "one_cycle", "plateau"))
    warm_up: float = _option(0.0, "part of all steps in which cosine and one_cycle rise", low=0, high=0.9)
    plateau_factor: float = _option(0.1, "what a plateau multiplies the learning rate by", low=0.001, high=0.999)
    plateau_patience: int = _option(10, "epochs without progress that are a plateau", low=1)
    lowest_learning_rate: float = _option(0.0, "plateaus stop there, cosine ends there", low=0, high=1)
    patience: int = _option(0, "stop after so many epochs without progress, 0 never", low=0)
    monitor: str = _option("val_accuracy", "progress, and the best epoch, are told by; epoch: the last one is best",
                           choices=("val_accuracy", "val_loss", "val_macro_f1", "epoch"))  # fmt: skip
    precision: str = _option("float32", "of products: bfloat16 is faster where the processor has it",
                             choices=("float32", "bfloat16"))  # fmt: skip
    compile: bool = _option(False, "let XLA compile the step (TensorFlow), or Inductor (PyTorch)")

    def __post_init__(self) -> None:
        for one in dataclasses.fields(self):
            _check(one.name, getattr(self, one.name), one.metadata)
        if self.folds == 1 or (self.folds and self.fold >= self.folds):
            raise TrainingError(f"fold {self.fold} of {self.folds}: give 2 folds or more, counted from 0.")
        if self.monitor == "epoch" and (self.schedule == "plateau" or self.patience):
            raise TrainingError(
                '"monitor" is epoch, by which no plateau is seen: give another schedule and patience 0.'
            )

    @property
    def augmentation(self) -> Augmentation:
        """What is done to the pictures."""
        return Augmentation(**{one.name: getattr(self, one.name) for one in dataclasses.fields(Augmentation)})

    @property
    def architecture_options(self) -> dict[str, Any]:
        """Options for ``build_model``: those that are given."""
        names = ("weights", "freeze", "width", "dropout", "drop_path")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def but(self, **changes: Any) -> Recipe:
        """The same with other values."""
        return dataclasses.replace(self, **changes)

    def to_yaml(self) -> str:
        """Every key with its value."""
        values = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items()}
        return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110)


def recipe_names() -> tuple[str, ...]:
    """Recipes that come with the package."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml")))


def load_recipe(which: str | Path) -> Recipe:
    """Read a recipe by its name in config/training, or by the path of a yaml file.

    TrainingError names what is wrong: the file, the key, the value.
    """
    path = Path(which)
    if path.suffix not in (".yaml", ".yml"):
        path = _folder() / f"{which}.yaml"
        if not path.is_file():
            raise TrainingError(
                f'there is no recipe "{which}": choose {", ".join(recipe_names())}, or give the path of a yaml file.'
            )
    document = read_mapping(path, "recipe", TrainingError)
    try:
        return recipe_from(document)
    except TrainingError as error:
        raise TrainingError(f"{path}: {error}") from error


def recipe_from(document: Mapping[str, Any]) -> Recipe:
    """Make a recipe of yaml's values; TrainingError for a key or a value that is none."""
    keys = {one.name for one in dataclasses.fields(Recipe)}
    if unknown := [str(key) for key in document if key not in keys]:
        near = difflib.get_close_matches(unknown[0], keys, n=1)
        raise TrainingError(f'there is no key "{unknown[0]}"{f": did you mean {near[0]}?" if near else "."}')
    values: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in document.items()}
    return Recipe(**values)


def _folder() -> Path:
    return paths.share_dir() / "config" / "training"


_DEFAULTS: dict[str, Any] = {one.name: one.default for one in dataclasses.fields(Recipe)}
_OPTIONAL = {"weights": str, "freeze": bool, "width": float, "dropout": float, "drop_path": float}


def option_kind(name: str) -> type:
    """Type of an option's values: str, bool, int, float, or tuple (of str)."""
    return _OPTIONAL.get(name) or type(_DEFAULTS[name])


def _check(name: str, value: Any, metadata: Mapping[str, Any]) -> None:
    kind = option_kind(name)
    if value is None and name in _OPTIONAL:
        return
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not (isinstance(value, kind) if kind is not int else whole) and not (kind is float and whole):
        words = {str: "text", bool: "true or false", int: "a whole number", float: "a number", tuple: "a list"}
        raise TrainingError(f'"{name}" is {value!r}, but must be {words[kind]}.')
    if metadata["choices"] and value not in metadata["choices"]:
        raise TrainingError(f'"{name}" is {value!r}, but must be one of {", ".join(metadata["choices"])}.')
    low, high = metadata["low"], metadata["high"]
    if kind in (int, float) and not ((low is None or value >= low) and (high is None or value <= high)):
        limits = f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"
        raise TrainingError(f'"{name}" is {value!r}, but must be {limits}.')
