"""`emotion-perception replay` as a process of its own."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rclpy.serialization import serialize_message

from emotion_perception.bags.topic import COMPRESSED_IMAGE, Topic
from emotion_perception.bags.writing import BagWriter
from emotion_perception.ros.images import bgr_to_compressed
from emotion_perception.ros.messages import header_at

TIMEOUT = 60.0
SECOND = 1_000_000_000
FRAMES = 50


@pytest.fixture
def bag(asset: Callable[[str], Path], tmp_path: Path) -> Path:
    """Two seconds of JPEGs of one person, and no metadata.yaml: its recording was killed."""
    image = np.asarray(cv2.imread(str(asset("single_face_picture"))), np.uint8)
    with BagWriter(tmp_path / "bag") as writer:
        writer.add(Topic("/image_raw/compressed", COMPRESSED_IMAGE))
        for number in range(FRAMES):
            stamp = 1000 * SECOND + number * SECOND // 25
            message = bgr_to_compressed(image, header_at(stamp, "eye"), quality=80)
            writer.write("/image_raw/compressed", stamp, bytes(serialize_message(message)))
    return tmp_path / "bag"


@pytest.fixture
def replay() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """replay(bag, "--lossless") starts a process."""
    made: list[subprocess.Popen[str]] = []

    def start(*arguments: Any, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "emotion_perception.cli.main", "replay", *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        made.append(subprocess.Popen(command, **pipes))
        return made[-1]

    yield start
    for each in made:
        if each.poll() is None:
            each.kill()
            each.wait()


def test_a_killed_recording_is_recovered_and_played_for_another_process_without_loss(
    bag: Path, replay: Callable[..., subprocess.Popen[str]], robot: Callable[..., Any]
) -> None:
    (bag / "metadata.yaml").unlink()
    file = bag / "bag_0.mcap"
    file.write_bytes(file.read_bytes()[: -(file.stat().st_size // 5)])
    run = robot("--no-camera", "--lossless", "--no-identity", "--no-overlay")
    run.wait_line("stdout", "no frames")

    process = replay(bag, "--recover", "--lossless", "--topics", "image_raw/compressed")
    said, errors = process.communicate(timeout=TIMEOUT)

    assert process.returncode == 0, errors
    assert "bag_0.mcap: cut or damaged before byte" in said
    frames = int(said.split("recovered ")[1].split()[0])
    assert FRAMES / 2 < frames < FRAMES
    assert f"played {frames} messages" in said  # each of them waited for an /emotion, or it would have failed


def test_without_anybody_to_play_for_lossless_is_refused(
    bag: Path, replay: Callable[..., subprocess.Popen[str]]
) -> None:
    process = replay(bag, "--lossless")
    _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert "emotion-perception run --no-camera --lossless" in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_ends_a_loop(number: int, bag: Path, replay: Callable[..., subprocess.Popen[str]]) -> None:
    process = replay(bag, "--loop", "--clock", "--images", "raw")
    assert process.stdout
    assert "/image_raw" in process.stdout.readline()
    process.send_signal(number)
    said, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert "played" in said


def test_space_pauses(bag: Path, replay: Callable[..., subprocess.Popen[str]]) -> None:
    master, slave = pty.openpty()
    replay(bag, "--loop", stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    said = b""
    while b"space pauses" not in said:
        said += os.read(master, 1000)
    os.write(master, b" ")
    while b"paused" not in said.split(b"space pauses")[1]:
        said += os.read(master, 1000)
    os.close(master)


def test_a_replay_is_checked_against_a_file_that_it_wrote(
    bag: Path, replay: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    golden = tmp_path / "golden.yaml"
    for arguments, code, part in (
        (["--update"], 0, f"wrote {golden}: {FRAMES} frames"),
        ([], 0, f"passed: 0 of {FRAMES} frames differ"),
        (["--param", "emotion_classifier.threshold:=1.0"], 1, 'label is "uncertain"'),
    ):
        process = replay(bag, "--check", golden, "--no-identity", *arguments)
        said, errors = process.communicate(timeout=TIMEOUT)
        assert process.returncode == code, errors
        assert part in said
