from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from emotion_perception.core.labels import LABELS


@pytest.fixture
def write_description(tmp_path: Path) -> Callable[..., Path]:
    """write_description(key=value, …) -> tiny.yaml, right but for those keys; a value of None leaves the key out."""

    def write(**changes: Any) -> Path:
        document = {
            "name": "tiny",
            "version": "1.2",
            "file": "tiny.onnx",
            "sha256": "0" * 64,
            "labels": list(LABELS),
            "input_size": 2,
            "colour": "grey",
            "layout": "nhwc",
            "mean": 0,
            "std": 1,
            "output": "logits",
            "temperature": 1.0,
            "licence": "MIT",
            "source": "made for a test",
            **changes,
        }
        path = tmp_path / "tiny.yaml"
        path.write_text(yaml.safe_dump({key: value for key, value in document.items() if value is not None}))
        return path

    return write
