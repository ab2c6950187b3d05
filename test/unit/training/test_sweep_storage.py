from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from emotion_perception.cli.main import main


@pytest.fixture(autouse=True)
def optuna() -> None:
    try:
        import keras  # noqa: F401
        import optuna  # noqa: F401
    except ImportError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("the train extra is not installed: make setup-extras")


def sweep(tmp_path: Path, *arguments: str) -> int:
    data = tmp_path / "data.npz"
    np.savez(data, images=np.zeros((7, 48, 48), np.uint8), labels=np.arange(7, dtype=np.uint8))
    return main(["sweep", "--recipe", "cnn3_48", "--data", str(data), "--out", str(tmp_path / "out"), *arguments])


@pytest.mark.parametrize("storage", ["nonsense", "mysql+nodriver://anna:secret@host/studies"])
def test_a_storage_that_cannot_be_used_is_named_without_its_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], storage: str
) -> None:
    assert sweep(tmp_path, "--vary", "batch=1,2", "--storage", storage) == 1
    said = capsys.readouterr().err
    assert "cannot be used" in said
    assert "give sqlite:///FILE, or the address of a MySQL or PostgreSQL database" in said
    assert "secret" not in said


def test_nothing_at_random_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(tmp_path, "--vary", "batch=1,2", "--random", "0") == 1
    assert "--random 0 draws nothing: give 1 or more" in capsys.readouterr().err
