from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_perception.core import weights

# Generated messages read it when they are imported, also in child processes: a NumPy scalar or an int in a float field
# then raises, where rclpy would publish 0.0.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"


@pytest.fixture(scope="session")
def asset() -> Callable[[str], Path]:
    """asset("demo_clip") -> its file; `make test` has pulled them all, so a missing one is an error and no skip."""
    return weights.locate


@pytest.fixture(scope="session")
def weight() -> Callable[[str], Path]:
    """weight("blazeface_back") -> the weights' file, its SHA-256 compared with the manifest."""
    return weights.locate
