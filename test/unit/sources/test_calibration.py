from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import yaml

from emotion_perception.core.errors import ParameterError
from emotion_perception.sources.calibration import Calibration, load_calibration, save_calibration

TEXT = """
image_width: 640
image_height: 480
camera_name: narrow_stereo
camera_matrix: {rows: 3, cols: 3, data: [600.0, 0, 320, 0, 601.5, 240, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [-0.2, 0.1, 0.001, 0, 0]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [580, 0, 321, 0, 0, 590, 241, 0, 0, 0, 1, 0]}
"""


def no_package(name: str) -> str:
    raise LookupError(name)


@pytest.fixture
def yaml_file(tmp_path: Path) -> Path:
    path = tmp_path / "my camera.yaml"
    path.write_text(TEXT)
    return path


def test_every_field_is_read(yaml_file: Path) -> None:
    calibration = load_calibration(str(yaml_file), find_package_share=no_package)
    assert calibration == Calibration(
        640,
        480,
        "plumb_bob",
        (-0.2, 0.1, 0.001, 0, 0),
        (600, 0, 320, 0, 601.5, 240, 0, 0, 1),
        (1, 0, 0, 0, 1, 0, 0, 0, 1),
        (580, 0, 321, 0, 0, 590, 241, 0, 0, 0, 1, 0),
        "narrow_stereo",
    )
    assert all(type(value) is float for value in (*calibration.d, *calibration.k, *calibration.r, *calibration.p))


def test_file_and_package_urls(yaml_file: Path) -> None:
    plain = load_calibration(str(yaml_file), find_package_share=no_package)
    assert load_calibration(yaml_file.as_uri(), find_package_share=no_package) == plain
    shares = {"my_robot": yaml_file.parent}
    url = "package://my_robot/my%20camera.yaml"
    assert load_calibration(url, find_package_share=shares.__getitem__) == plain


def test_uncalibrated_is_what_ros_takes_for_it() -> None:
    calibration = Calibration.uncalibrated(320, 240)
    assert (calibration.width, calibration.height, calibration.k[0]) == (320, 240, 0.0)
    assert (len(calibration.k), len(calibration.r), len(calibration.p)) == (9, 9, 12)


def test_pictures_of_another_size_are_refused(yaml_file: Path) -> None:
    calibration = load_calibration(str(yaml_file), find_package_share=no_package)
    calibration.check_size(640, 480)
    with pytest.raises(ParameterError, match="of 640x480, but the source gives 1280x960"):
        calibration.check_size(1280, 960)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("camera_matrix", "matrix", "'camera_matrix' is missing"),
        ("600.0, 0,", "600.0,", "camera_matrix has 8 numbers instead of 9"),
        ("601.5", ".nan", "camera_matrix has a number that is not finite"),
        ("601.5", "wide", "could not convert string to float: 'wide'"),
        ("image_width: 640", "image_width: 0", "its image is 0x480"),
        ("image_width: 640", "image_width: .inf", "cannot convert float infinity"),
        ("image_width: 640", "image_width: 5000000000", "its image is 5000000000x480"),
        (TEXT, "just a line", "it holds no keys"),
        (TEXT, "{a: [", "is not a yaml file"),
    ],
)
def test_a_bad_file_is_refused_with_a_sentence(yaml_file: Path, old: str, new: str, sentence: str) -> None:
    yaml_file.write_text(TEXT.replace(old, new))
    with pytest.raises(ParameterError, match=sentence) as error:
        load_calibration(str(yaml_file), find_package_share=no_package)
    assert "\n" not in str(error.value)


def test_what_is_no_name_of_a_package_is_refused_with_a_sentence() -> None:
    def find(name: str) -> str:
        raise ValueError(f"'{name}' is not a valid package name")

    with pytest.raises(ParameterError, match="which is not installed"):
        load_calibration("package:///head.yaml", find_package_share=find)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("file:///nowhere.yaml", "cannot be read .No such file"),
        ("package://ghost/a.yaml", 'package "ghost", which is not installed'),
        ("http://host/a.yaml", "unknown scheme http://"),
    ],
)
def test_a_bad_url_is_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence):
        load_calibration(url, find_package_share=no_package)


def test_what_is_written_is_read_again_and_in_the_form_of_ros_tools(yaml_file: Path, tmp_path: Path) -> None:
    calibration = load_calibration(str(yaml_file), find_package_share=no_package)
    path = tmp_path / "new folder" / "head.yaml"
    save_calibration(calibration, path)
    assert load_calibration(str(path), find_package_share=no_package) == calibration
    written, expected = yaml.safe_load(path.read_text()), yaml.safe_load(TEXT)
    assert written == expected
    assert [each.name for each in path.parent.iterdir()] == ["head.yaml"]


def test_a_write_that_fails_leaves_what_was_there(yaml_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calibration = load_calibration(str(yaml_file), find_package_share=no_package)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ParameterError, match=r"cannot be written .No space left on device: .*my camera.yaml"):
        save_calibration(calibration, yaml_file)
    assert yaml_file.read_text() == TEXT
    assert [each.name for each in yaml_file.parent.iterdir()] == [yaml_file.name]


def test_a_folder_that_cannot_be_made_is_a_sentence(yaml_file: Path) -> None:
    calibration = load_calibration(str(yaml_file), find_package_share=no_package)
    with pytest.raises(ParameterError, match="cannot be written"):
        save_calibration(calibration, yaml_file / "head.yaml")
