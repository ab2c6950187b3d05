"""Keras' other backends, where they are installed, against TensorFlow."""

from __future__ import annotations

import csv
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(400)

#: Nothing in it is drawn by a backend: no dropout, and the first weights are another run's.
TRAIN = ["train", "--recipe", "fer_resnet", "--width", "0.25", "--batch", "32", "--precision", "float32",
         "--drop-path", "0", "--dropout", "0"]  # fmt: skip


def learn(backend: str, *arguments: str) -> None:
    """In a process of its own, as a process keeps the backend it had first."""
    command = [sys.executable, "-m", "emotion_perception.cli.main", *TRAIN, "--backend", backend, *arguments]
    subprocess.run(command, check=True)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_each_backend_learns_what_tensorflow_learns(backend: str, bars: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"pip install {backend}")
    learn("tensorflow", "--data", str(bars), "--epochs", "1", "--out", str(tmp_path / "first"))
    again = ["--data", str(bars), "--epochs", "2", "--start", str(tmp_path / "first")]
    losses = []
    for each in ("tensorflow", backend):
        learn(each, *again, "--out", str(tmp_path / each))
        with (tmp_path / each / "log.csv").open() as file:
            losses.append([float(row[key]) for row in csv.DictReader(file) for key in ("loss", "val_loss")])
    assert losses[1] == pytest.approx(losses[0], rel=0.01)
