from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from emotion_perception.cli import camera
from emotion_perception.core.errors import PerceptionError
from emotion_perception.sources import v4l2


@pytest.fixture
def call() -> Callable[..., int]:
    """call("camera", "list") -> the exit code."""
    parser = argparse.ArgumentParser(prog="emotion-perception")
    camera.add_parser(parser.add_subparsers())
    return lambda *args: camera.run(parser.parse_args(args))


def test_a_clip_is_tested_to_its_end(
    call: Callable[..., int], asset: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("camera", "test", f"file:{asset('single_face_clip')}", "--seconds", "60") == 0
    description, frames, exposure, sharpness = capsys.readouterr().out.splitlines()
    assert description.startswith("single_face_clip")
    assert frames.startswith("frames     ")
    assert " fps, longest gap " in frames
    assert exposure.startswith("exposure   mean ")
    assert sharpness.startswith("sharpness  ")


def test_the_snapshot_is_written_where_it_was_asked_for_only(
    call: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source = "synthetic:?width=160&height=120&count=3"
    assert call("camera", "test", source) == 0
    assert list(tmp_path.iterdir()) == []
    assert call("camera", "test", source, "--snapshot", "shot.png") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "wrote shot.png"
    picture = cv2.imread("shot.png")
    assert picture is not None
    assert picture.shape == (120, 160, 3)


@pytest.mark.parametrize("path", ["shot.tiff.gz", "/nowhere/shot.png"])
def test_a_snapshot_that_cannot_be_written_is_a_sentence(call: Callable[..., int], path: str) -> None:
    with pytest.raises(PerceptionError, match="cannot be written: give a"):
        call("camera", "test", "synthetic:?count=1", "--snapshot", path)


@pytest.mark.parametrize(
    ("source", "sentence"), [("usb:/dev/video99", "there is no /dev/video99"), ("file:/nowhere.mp4", "/nowhere.mp4")]
)
def test_a_source_that_is_not_there_is_told_at_once(call: Callable[..., int], source: str, sentence: str) -> None:
    with pytest.raises(PerceptionError, match=sentence):
        call("camera", "test", source)


def test_without_a_camera_the_list_says_what_else_there_is(
    call: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(v4l2, "_SYSFS", tmp_path)
    assert call("camera", "list") == 0
    assert capsys.readouterr().out.startswith("no camera is connected: plug one in")


@pytest.mark.parametrize(
    "arguments", [("--size", "640"), ("--seconds", "0"), ("--seconds", "long"), ("--format", "gif")]
)
def test_what_means_nothing_is_not_understood(call: Callable[..., int], arguments: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as raised:
        call("camera", "test", *arguments)
    assert raised.value.code == 2
