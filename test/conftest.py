from __future__ import annotations

import itertools
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emotion_perception.core import weights
from emotion_perception.core.errors import SourceError
from emotion_perception.sources.gst import INSTALL, load_gst

# Generated messages read it when they are imported, also in child processes: a NumPy scalar or an int in a float field
# then raises, where rclpy would publish 0.0.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"

# A job in the background of a script ignores Ctrl-C, and so would every process that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

_DOMAINS = range(100, 201)


@pytest.fixture
def domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A ROS domain, on this machine only, that no other test uses at the same time, in whatever process."""
    for number in itertools.chain(itertools.islice(_DOMAINS, os.getpid() % len(_DOMAINS), None), _DOMAINS):
        with socket.socket(socket.AF_UNIX) as claim:  # gone with the process, however it ends
            try:
                claim.bind(f"\0emotion_perception test on domain {number}")
            except OSError:
                continue
            monkeypatch.setenv("ROS_DOMAIN_ID", str(number))
            monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
            yield number
            return
    raise RuntimeError("every domain is in use by a test")


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
