"""Keras, on the backend that was asked for: TensorFlow unless told otherwise."""

from __future__ import annotations

import os
import sys
from typing import Any

from emotion_perception.core.errors import TrainingError

#: Keras 3's backends that can train. The bench is written for TensorFlow and runs the same on the others.
BACKENDS = ("tensorflow", "jax", "torch")
#: What else the `train` extra has: for sweeps, ONNX, metrics and bars.
_BESIDE = ("onnx", "optuna", "scikit-learn", "tf2onnx", "tqdm")


def load_keras(backend: str = "") -> Any:
    """Import Keras and return the module.

    backend: one of BACKENDS; "" takes the environment's KERAS_BACKEND, or TensorFlow. A process keeps its first one.
    TrainingError if Keras or the backend is not installed, or another backend is in use already.
    """
    wanted = backend or os.environ.get("KERAS_BACKEND", "") or "tensorflow"
    if wanted not in BACKENDS:
        raise TrainingError(f'there is no backend "{wanted}": choose one of {", ".join(BACKENDS)}.')
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = wanted
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its greetings; failures are raised
    try:
        import keras
    except ImportError as error:
        raise TrainingError(
            f"training needs Keras and {wanted}, and {error.name} is not installed: run `make setup-extras`, or"
            f" `python3 -m pip install keras {wanted} {' '.join(_BESIDE)}`."
        ) from error
    if backend and keras.backend.backend() != backend:
        raise TrainingError(
            f"Keras runs on {keras.backend.backend()} in this process already: start another one for {backend}."
        )
    return keras
