from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emotion_perception.core import weights
from emotion_perception.core.errors import SourceError
from emotion_perception.sources.gst import INSTALL, load_gst

# Generated messages read it when they are imported, also in child processes: a NumPy scalar or an int in a float field
# then raises, where rclpy would publish 0.0.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"


@pytest.fixture(scope="session")
def asset() -> Callable[[str], Path]:
    """asset("demo_clip") -> its file; `make test` has pulled them all, so a missing one is an error and no skip."""
    return weights.locate


@pytest.fixture(scope="session")
def gstreamer() -> Any:
    """GStreamer with what the tests' senders need; CI installs it, so there it must not be missing."""
    senders = "gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-ugly"
    try:
        gst = load_gst()
        missing = [name for name in ("x264enc", "avdec_h264", "netsim") if gst.ElementFactory.find(name) is None]
        lack = f"GStreamer has no {missing[0]}: {INSTALL} {senders}" if missing else ""
    except SourceError as error:
        lack = f"{error} {senders}"
    if lack and os.environ.get("CI") == "true":
        pytest.fail(lack)
    if lack:
        pytest.skip(lack)
    return gst


@pytest.fixture(scope="session")
def weight() -> Callable[[str], Path]:
    """weight("blazeface_back") -> the weights' file, its SHA-256 compared with the manifest."""
    return weights.locate
