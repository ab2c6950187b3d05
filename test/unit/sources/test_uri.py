from __future__ import annotations

from pathlib import Path

import pytest

from emotion_perception.core.errors import ParameterError, SourceError
from emotion_perception.sources.base import SourceOptions
from emotion_perception.sources.file import FileSource
from emotion_perception.sources.images import ImagesSource
from emotion_perception.sources.synthetic import SyntheticSource
from emotion_perception.sources.uri import SCHEMES, open_source
from emotion_perception.sources.usb import UsbSource


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("uri", "kind", "description"),
    [
        ("file:clip.mp4", FileSource, "clip.mp4"),
        ("clip.mp4", FileSource, "clip.mp4"),
        ("~/clip.mp4", FileSource, "clip.mp4"),
        ("file:///tmp/my%20clip.mp4", FileSource, "my clip.mp4"),
        ("file:50%25.mp4", FileSource, "50%25.mp4"),
        ("file:face.jpg", ImagesSource, "face.jpg"),
        ("face.JPG", ImagesSource, "face.JPG"),
        ("images:folder", ImagesSource, "folder"),
        ("folder", ImagesSource, "folder"),
        ("./folder/", ImagesSource, "folder"),
        ("frames/*.png", ImagesSource, "*.png"),
        ("frames/img?.*", ImagesSource, "img?.*"),
        ("usb:0", UsbSource, "/dev/video0"),
        ("usb:/dev/video2", UsbSource, "/dev/video2"),
        ("usb:", UsbSource, "/dev/video7"),
        ("/dev/video3", UsbSource, "/dev/video3"),
        ("/dev/v4l/by-id/usb-cam-video-index0", UsbSource, "/dev/v4l/by-id/usb-cam-video-index0"),
        ("1", UsbSource, "/dev/video1"),
        ("synthetic:", SyntheticSource, "test pattern (640x480, 30 fps)"),
        ("synthetic:?width=320&height=240&rate=15&count=3", SyntheticSource, "test pattern (320x240, 15 fps)"),
    ],
)
def test_uris_and_bare_paths(home: Path, uri: str, kind: type, description: str) -> None:
    source = open_source(uri, SourceOptions(video_device="/dev/video7"))
    assert isinstance(source, kind)
    assert source.description == description


@pytest.mark.parametrize("uri", ["http://robot/stream", "gopher:x", "FILE:clip.mp4"])
def test_an_unknown_scheme_is_answered_with_those_there_are(uri: str) -> None:
    with pytest.raises(SourceError) as error:
        open_source(uri)
    assert uri in str(error.value)
    assert all(f"{scheme}:" in str(error.value) for scheme in SCHEMES)


def test_a_file_whose_name_looks_like_a_scheme_is_found(home: Path) -> None:
    (home / "take:2.mp4").touch()
    assert isinstance(open_source("take:2.mp4"), FileSource)


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("", "source is empty"),
        ("file:", "names no file"),
        ("images:", "names no folder"),
        ("synthetic:blue", "is not understood"),
        ("synthetic:?colour=blue", "is not understood: use synthetic:"),
        ("synthetic:?rate=fast", r"not a number \(could not convert string to float: 'fast'\)"),
        ("synthetic:?count=-1", "count is -1"),
    ],
)
def test_a_malformed_rest_is_refused_with_a_sentence(uri: str, sentence: str) -> None:
    with pytest.raises(SourceError, match=sentence):
        open_source(uri)


@pytest.mark.parametrize(
    ("values", "name"),
    [({"image_width": 0}, "image_width"), ({"image_height": -3}, "image_height"), ({"framerate": 0.0}, "framerate")],
)
def test_options_out_of_range_are_refused(values: dict[str, float], name: str) -> None:
    with pytest.raises(ParameterError, match=f"{name} is"):
        SourceOptions(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("uri", ["x" * 5000, "images:" + "x" * 5000, "usb:/dev/" + "x" * 5000])
def test_a_path_of_any_length_gets_a_sentence(uri: str) -> None:
    with pytest.raises(SourceError):
        open_source(uri).open()


def test_nothing_is_loaded_that_is_not_used() -> None:
    import subprocess
    import sys

    code = "import sys, emotion_perception.sources.uri; sys.exit('av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
