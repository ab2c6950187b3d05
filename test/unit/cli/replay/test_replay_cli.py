from __future__ import annotations

import os
import pty
import threading
from pathlib import Path

import pytest
from rosbags.interfaces import Qos

from emotion_perception.bags.topic import Topic
from emotion_perception.bags.writing import BagWriter
from emotion_perception.cli.main import main
from emotion_perception.cli.replay.keys import Keys

TIMEOUT = 10.0


@pytest.fixture
def chatter(tmp_path: Path) -> Path:
    """A bag without any topic of ours."""
    offered: tuple[Qos, ...] = ()
    with BagWriter(tmp_path / "chatter") as bag:
        bag.add(Topic("/chatter", "std_msgs/msg/String", offered))
        bag.write("/chatter", 1, b"\0\1\0\0\2\0\0\0a\0")
    return tmp_path / "chatter"


def sentence(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr().err
    assert said.startswith("emotion-perception: ")
    assert said.count("\n") == 1
    return said


def test_what_cannot_be_played_is_told_in_a_sentence(
    chatter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "diary.mcap").write_text("Dear diary")
    for arguments, part in (
        ([str(tmp_path / "nowhere")], "there is no bag"),
        ([str(tmp_path / "diary.mcap")], "whatever its name says"),
        ([str(tmp_path / "diary.mcap"), "--recover"], "whatever its name says"),
        ([str(chatter), "--inputs"], "holds no images: it holds /chatter"),
        ([str(chatter), "--lossless"], "holds no images"),
        ([str(chatter), "--check", str(tmp_path / "golden.yaml"), "--update"], "holds no images"),
        ([str(chatter), "--topics", "emotion"], "holds no /emotion"),
        ([str(chatter), "--rate", "0"], "--rate is 0"),
        ([str(chatter), "--start", "-1"], "--start is -1"),
        ([str(chatter), "--start", "9"], "lasts 0.0 s"),
        ([str(chatter), "--update"], "--check"),
    ):
        assert main(["replay", *arguments]) == 1, arguments
        assert part in sentence(capsys), arguments


def test_a_remapping_that_is_none_is_not_understood(chatter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["replay", str(chatter), "--remap", "a=b"])
    assert ended.value.code == 2
    assert "from:=to" in capsys.readouterr().err


def test_keys_work_without_enter_and_leave_the_terminal_as_it_was() -> None:
    import termios

    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    pressed = threading.Semaphore(0)
    with os.fdopen(slave, "r") as terminal:
        with Keys({" ": pressed.release}, stream=terminal) as keys:
            assert keys.listening
            os.write(master, b"x  ")
            assert pressed.acquire(timeout=TIMEOUT)
            assert pressed.acquire(timeout=TIMEOUT)
            assert not pressed.acquire(timeout=0.05), "x is no key"
        assert termios.tcgetattr(terminal) == before
    os.close(master)


def test_without_a_terminal_there_are_no_keys(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (tmp_path / "file").open() as file, Keys({}, stream=file) as keys:
        assert not keys.listening
