from __future__ import annotations

import csv
import hashlib
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import pytest
import yaml

from emotion_perception.cli.parameters import check_file
from emotion_perception.core.errors import ParameterError
from emotion_perception.core.paths import share_dir

LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "emotion.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def frame_count(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_clip_is_played_to_its_end_and_recorded(
    robot: Callable[..., Any], asset: Callable[[str], Path], tmp_path: Path
) -> None:
    clip, out = asset("single_face_clip"), tmp_path / "out"
    run = robot("--source", f"file:{clip}", "--out", str(out))
    assert run.wait() == 0, run.stderr

    table = rows(out)
    assert len({row["stamp"] for row in table}) > 0.9 * frame_count(clip)
    assert [float(row["stamp"]) for row in table] == sorted(float(row["stamp"]) for row in table)
    for row in table:
        probabilities = [float(row[label]) for label in LABELS]
        assert sum(probabilities) == pytest.approx(1, abs=1e-5)
        assert float(row["confidence"]) == pytest.approx(max(probabilities), abs=1e-6)
        assert row["label"] in (LABELS[probabilities.index(max(probabilities))], "uncertain")
    assert frame_count(out / "overlay.mp4") > 0.8 * frame_count(clip)
    timeline = cv2.imread(str(out / "timeline.png"))
    assert timeline is not None
    assert timeline.std() > 5
    for name in ("emotion.csv", "overlay.mp4", "timeline.png"):
        assert str(out / name) in run.stdout
    assert " fps" in run.stdout
    assert "Traceback" not in run.stderr


def test_one_person_keeps_one_id(robot: Callable[..., Any], asset: Callable[[str], Path], tmp_path: Path) -> None:
    run = robot("--source", f"file:{asset('demo_clip')}", "--out", str(tmp_path), "--no-overlay", "--lossless")
    assert run.wait() == 0, run.stderr
    table = rows(tmp_path)
    frames = frame_count(asset("demo_clip"))
    assert len({row["stamp"] for row in table}) > 0.9 * frames
    (_, most), *_ = Counter(row["face_id"] for row in table).most_common()
    assert most >= 0.95 * len(table)
    assert not (tmp_path / "overlay.mp4").exists()


def test_nobody_is_found_where_nobody_is(
    robot: Callable[..., Any], asset: Callable[[str], Path], tmp_path: Path
) -> None:
    run = robot("--source", f"file:{asset('no_face_clip')}", "--out", str(tmp_path), "--no-overlay", "--lossless")
    assert run.wait() == 0, run.stderr
    assert rows(tmp_path) == []
    assert (tmp_path / "timeline.png").is_file()


def test_the_people_of_a_group_are_found(
    robot: Callable[..., Any], asset: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(15):
        (folder / f"{number}.jpg").symlink_to(asset("group_picture"))
    run = robot("--source", f"images:{folder}", "--out", str(tmp_path), "--no-overlay", "--lossless")
    assert run.wait() == 0, run.stderr
    table = rows(tmp_path)
    last = [row for row in table if row["stamp"] == table[-1]["stamp"]]
    assert len(last) >= 4
    assert len({row["face_id"] for row in table}) == len(last)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_in_order(
    number: int, robot: Callable[..., Any], asset: Callable[[str], Path], tmp_path: Path
) -> None:
    run = robot("--source", f"file:{asset('demo_clip')}", "--out", str(tmp_path), "--param", "camera.loop:=true")
    run.wait_line("stdout", "face_1")

    seconds = run.interrupt(number)

    assert run.process.returncode == 0, run.stderr
    assert seconds < 4, "2 s is what it may take, and as much again on a busy machine"
    assert len(rows(tmp_path)) > 0
    assert frame_count(tmp_path / "overlay.mp4") > 0
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_lossless_run_ends_by_a_signal_too(number: int, robot: Callable[..., Any]) -> None:
    run = robot("--source", "synthetic:", "--lossless")
    run.wait_line("stdout", " fps")
    assert run.interrupt(number) < 4
    assert run.process.returncode == 0, run.stderr


def test_an_absent_camera_is_awaited_and_told_once(robot: Callable[..., Any]) -> None:
    run = robot("--source", "usb:/dev/video99")
    for count in (2, 4):
        run.wait_line("stdout", f"    {count} s")
    assert run.process.poll() is None
    assert "no frames" in run.stdout
    assert run.interrupt(signal.SIGINT) < 4
    assert run.process.returncode == 0, run.stderr
    told = [line for line in run.stderr.splitlines() if "/dev/video99" in line]
    assert len(told) == 1, run.stderr


def fails(run: Any, *parts: str) -> None:
    """It ends with an exit code, and says why in its last line, in a sentence that contains the parts."""
    assert run.wait() == 1, run.stderr
    assert "Traceback" not in run.stderr
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("emotion-perception: ")
    for part in parts:
        assert part in last


def test_a_truncated_model_is_told_in_a_sentence(
    robot: Callable[..., Any], weight: Callable[[str], Path], tmp_path: Path
) -> None:
    whole = weight("fer_mini_xception").read_bytes()
    cut = whole[: len(whole) // 2]
    (tmp_path / "mine.tflite").write_bytes(cut)
    description = yaml.safe_load((share_dir() / "models" / "fer_mini_xception.yaml").read_text())
    del description["weights"]
    description |= {"file": "mine.tflite", "sha256": hashlib.sha256(cut).hexdigest()}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(description))

    run = robot("--source", "synthetic:", "--param", f"emotion_classifier.model:={tmp_path / 'mine.yaml'}")

    fails(run, "emotion_classifier: ", "mine.tflite")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--param", "face_detector.max_faces:=0"], ["face_detector", "max_faces is 0", "1 to 1000"]),
        (["--param", "camera.framerate:=fast"], ["camera", "framerate is 'fast'", "not a number"]),
        (["--param", "camer.loop:=true"], ['no node "camer"', 'did you mean "camera"?']),
        (["--param", "camera.lop:=true"], ['no parameter "lop"', 'did you mean "loop"?']),
        (["--params-file", "/nowhere/robot.yaml"], ["/nowhere/robot.yaml", "No such file"]),
        (["--source", "file:/nowhere/clip.mp4"], ["/nowhere/clip.mp4"]),
        (["--source", "nonsense:"], ["nonsense:"]),
        (["--source", "images:/nowhere"], ["/nowhere"]),
        (["--source", "synthetic:", "--out", "/proc/nowhere"], ["/proc/nowhere"]),
        (["--source", "usb:0", "--lossless"], ["usb:0", "live"]),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_what_cannot_work_ends_with_a_sentence(
    arguments: list[str], parts: list[str], robot: Callable[..., Any]
) -> None:
    fails(robot(*arguments), *parts)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("a: [", "is not yaml"),
        ("", "holds no sections"),
        ("/**/camera:\n  loop: true\n", 'section "/**/camera" holds no "ros__parameters:"'),
        ("/**/camera:\n  ros__parameters:\n    framrate: 5\n", 'did you mean "framerate"?'),
        ("/**/camera:\n  ros__parameters:\n    framerate: 0\n", "framerate is 0.0, which is out of range"),
    ],
)
def test_a_bad_parameter_file_is_refused_before_anything_starts(content: str, part: str, tmp_path: Path) -> None:
    (tmp_path / "robot.yaml").write_text(content)
    with pytest.raises(ParameterError) as error:
        check_file(tmp_path / "robot.yaml")
    assert part in str(error.value)
    assert "robot.yaml" in str(error.value)


def test_text_that_is_no_assignment_is_not_understood(robot: Callable[..., Any]) -> None:
    run = robot("--param", "camera.loop=true")
    assert run.wait() == 2
    assert "camera.loop:=true" in run.stderr
