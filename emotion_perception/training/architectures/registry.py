"""Architectures by name. Keras is loaded only when one is built."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from emotion_perception.core.errors import TrainingError
from emotion_perception.training.backend import load_keras


@dataclass(frozen=True)
class Input:
    """What a network takes: the side of its square in pixels, and 1 channel (grey) or 3 (RGB)."""

    size: int
    channels: int


#: Name to its input; the module of that name in this folder has ``build``.
ARCHITECTURES = {
    "vgg_shallow_224": Input(224, 1),
    "cnn3_48": Input(48, 1),
    "mini_xception": Input(64, 1),
    "cnn_bn_48": Input(48, 1),
    "cnn_dnn_48": Input(48, 1),
    "mobilenet_v2": Input(224, 3),
    "fer_resnet": Input(48, 1),
}


def input_of(name: str) -> Input:
    """Return what an architecture takes; TrainingError for a name that is none."""
    if name not in ARCHITECTURES:
        raise TrainingError(f'there is no architecture "{name}": choose one of {", ".join(ARCHITECTURES)}.')
    return ARCHITECTURES[name]


def build_model(name: str, classes: int, **options: Any) -> Any:
    """Build a Keras model with fresh weights, from Keras' global seed.

    options: those of the architecture's ``build``, beyond the number of classes; each architecture takes its own, and
    one it does not know is a TrainingError that names them.
    """
    return builder(name, options)(classes, **options)


def builder(name: str, options: Collection[str]) -> Callable[..., Any]:
    """Return an architecture's ``build``; TrainingError if it does not take these options."""
    input_of(name)
    load_keras()
    build: Callable[..., Any] = import_module(f"emotion_perception.training.architectures.{name}").build
    known = build.__code__.co_varnames[1 : 1 + build.__code__.co_kwonlyargcount]
    if unknown := sorted(set(options) - set(known)):
        takes = f"it takes {', '.join(known)}" if known else "it takes none"
        raise TrainingError(f'{name} has no option "{unknown[0]}": {takes}.')
    return build
