"""Which backend reads what, where GStreamer is missing: `gi` is hidden, nothing else."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emotion_perception.core.errors import SourceError
from emotion_perception.sources import gst
from emotion_perception.sources.base import SourceOptions
from emotion_perception.sources.uri import open_source


@pytest.fixture
def no_gstreamer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "gi" else find_spec(name))
    monkeypatch.setattr(gst, "_DIST_PACKAGES", tmp_path)
    gst.load_gst.cache_clear()
    yield
    gst.load_gst.cache_clear()


def test_pyav_reads_what_it_can_and_says_what_to_install(no_gstreamer: None) -> None:
    told: list[str] = []
    source = open_source("udp-jpeg://:3000", report=told.append)
    assert "PyAV" in source.description
    assert len(told) == 1
    assert "is read by PyAV" in told[0]
    assert "sudo apt-get install python3-gi " in told[0]


@pytest.mark.parametrize("uri", ["udp-h264://:3000", "gstreamer:"])
def test_what_only_gstreamer_reads_is_refused_with_the_line_that_installs_it(no_gstreamer: None, uri: str) -> None:
    with pytest.raises(SourceError, match="sudo apt-get install python3-gi "):
        open_source(uri, SourceOptions(gscam_config="videotestsrc"), report=lambda sentence: None)


def test_a_gi_for_another_python_is_not_loaded(no_gstreamer: None, tmp_path: Path) -> None:
    (tmp_path / "gi").mkdir()
    (tmp_path / "gi" / "__init__.py").write_text("raise SystemError('loaded')")
    (tmp_path / "gi" / "_gi.cpython-27-x86_64-linux-gnu.so").touch()
    with pytest.raises(SourceError, match=rf"holds none for Python 3\.{sys.version_info.minor}"):
        gst.load_gst()


def test_a_gi_that_fails_to_load_leaves_nothing_behind(no_gstreamer: None, tmp_path: Path) -> None:
    known = sys.modules.pop("gi", None)
    try:
        (tmp_path / "gi").mkdir()
        (tmp_path / "gi" / "__init__.py").write_text("raise ImportError('no libgirepository')")
        version = f"{sys.version_info.major}{sys.version_info.minor}"
        (tmp_path / "gi" / f"_gi.cpython-{version}-x86_64-linux-gnu.so").touch()
        with pytest.raises(SourceError, match="no libgirepository"):
            gst.load_gst()
        assert "gi" not in sys.modules
    finally:
        if known is not None:
            sys.modules["gi"] = known
