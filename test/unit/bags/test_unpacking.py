"""Bags whose files are compressed as a whole: where they are unpacked, and what is left of that."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from emotion_perception.bags.reading import BagReader
from emotion_perception.core.errors import BagError

from .conftest import text

KIND = "std_msgs/msg/String"


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """/talk with three messages, as `ros2 bag record --compression-mode file --compression-format zstd` leaves it."""
    writer = Writer(tmp_path / "here" / "bag", version=9, storage_plugin=StoragePlugin.MCAP)
    (tmp_path / "here").mkdir()
    writer.set_compression(CompressionMode.FILE, CompressionFormat.ZSTD)
    with writer:
        connection = writer.add_connection("/talk", KIND, typestore=get_typestore(Stores.ROS2_JAZZY))
        for number in range(3):
            writer.write(connection, number, text(f"{number}"))
    return tmp_path / "here" / "bag"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is otherwise the folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def test_it_is_unpacked_beside_the_bag_for_its_owner_alone_and_removed_at_the_end(bag: Path, elsewhere: Path) -> None:
    with BagReader(bag) as read:
        (unpacked,) = (each for each in bag.parent.iterdir() if each != bag)
        assert stat.S_IMODE(unpacked.stat().st_mode) == 0o700
        assert len(list(read.messages())) == 3
        assert read.path == bag
        assert not list(elsewhere.iterdir())
    assert list(bag.parent.iterdir()) == [bag]


def test_it_is_unpacked_in_the_cache_where_nothing_can_be_written_beside_it(
    bag: Path, elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Callable[[Path], list[str]]
) -> None:
    real = tempfile.TemporaryDirectory

    def refusing(
        *, prefix: str, dir: Path
    ) -> tempfile.TemporaryDirectory[str]:  # as of a mounted stick; root may write
        if Path(dir) == bag.parent:
            raise PermissionError(13, "Permission denied")
        return real(prefix=prefix, dir=dir)

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refusing)
    assert said(bag) == ["0", "1", "2"]
    assert (tmp_path / "cache").is_dir()
    assert not list((tmp_path / "cache" / "emotion_perception").iterdir())
    assert not list(elsewhere.iterdir())


def test_a_full_disk_is_told_and_nothing_stays(
    bag: Path, files_of_at_most: Callable[[int], AbstractContextManager[None]]
) -> None:
    with files_of_at_most(100), pytest.raises(BagError, match=r"here \(File too large\)") as refusal:
        BagReader(bag)
    assert str(refusal.value).startswith(f"{bag} is compressed and cannot be unpacked in")
    assert list(bag.parent.iterdir()) == [bag]


def test_a_damaged_file_is_told_and_nothing_stays(bag: Path) -> None:
    (file,) = bag.glob("*.mcap.zst*")
    content = bytearray(file.read_bytes())
    content[20:40] = bytes(20)
    file.write_bytes(content)
    with pytest.raises(BagError, match=r"bag is damaged \(.*copy it again"):
        BagReader(bag)
    assert list(bag.parent.iterdir()) == [bag]


def test_a_name_that_leads_out_of_the_bag_is_not_followed(bag: Path, said: Callable[[Path], list[str]]) -> None:
    metadata = bag / "metadata.yaml"
    metadata.write_text(metadata.read_text().replace("- bag.mcap.zst", "- ../../bag.mcap.zst"))
    assert "../../" in metadata.read_text()
    assert said(bag) == ["0", "1", "2"]
