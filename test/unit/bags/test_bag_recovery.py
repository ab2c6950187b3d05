from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.rosbag2.enums import CompressionFormat, CompressionMode
from rosbags.typesys import Stores, get_typestore

from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.recovery import recover
from emotion_perception.bags.writing import BagWriter, Limits
from emotion_perception.core.errors import BagError

from .conftest import SECOND, TALK, text

COUNT = 60


def make(folder: Path, *, storage: str = "mcap", compress: bool = False, limits: Limits | None = None) -> Path:
    """A bag of COUNT messages of 1,000 bytes, ten in a chunk."""
    with BagWriter(folder, storage=storage, compress=compress, limits=limits) as bag:
        bag.add(TALK)
        for number in range(COUNT):
            bag.write("/talk", (1000 + number) * SECOND, text(f"{number} " + "x" * 1000))
            if number % 10 == 9:
                bag.flush()
    return folder


def numbers(texts: list[str]) -> list[int]:
    return [int(each.split()[0]) for each in texts]


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.55, 0.8, 0.99])
def test_an_mcap_file_is_recovered_up_to_the_cut(
    share: float, compress: bool, tmp_path: Path, said: Callable[[Path], list[str]]
) -> None:
    file = make(tmp_path / "bag", compress=compress) / "bag_0.mcap"
    whole = file.read_bytes()
    cut = whole[: int(share * len(whole))]
    file.write_bytes(cut)
    (tmp_path / "bag" / "metadata.yaml").unlink()

    recovery = recover(tmp_path / "bag")

    assert recovery.folder == tmp_path / "bag_recovered"
    assert file.read_bytes() == cut, "the bag stays as it was"
    kept = numbers(said(recovery.folder))
    assert kept == list(range(recovery.messages))
    if not compress:
        assert recovery.messages >= share * COUNT * 0.9 - 1
    else:
        assert recovery.messages >= (COUNT if share >= 0.8 else 30 if share >= 0.55 else 0)
    assert recovery.faults or recovery.messages == COUNT  # of a file that lacks its index only, nothing is lost
    assert all(fault.startswith("bag_0.mcap: ") for fault in recovery.faults)
    assert recovery.end == (None if not kept else (1000 + kept[-1]) * SECOND)


def test_damage_in_the_middle_ends_the_recovery_there(tmp_path: Path, said: Callable[[Path], list[str]]) -> None:
    file = make(tmp_path / "bag", compress=True) / "bag_0.mcap"
    data = bytearray(file.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 40] = bytes(40)
    file.write_bytes(data)
    recovery = recover(file)
    kept = numbers(said(recovery.folder))
    assert kept == list(range(len(kept)))
    assert len(kept) < COUNT
    assert recovery.faults


def test_a_database_that_was_cut_is_recovered(tmp_path: Path, said: Callable[[Path], list[str]]) -> None:
    file = make(tmp_path / "bag", storage="sqlite3") / "bag_0.db3"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2 // 4096 * 4096])
    recovery = recover(tmp_path / "bag")
    kept = numbers(said(recovery.folder))
    assert kept == list(range(len(kept)))
    assert recovery.faults
    assert not list((tmp_path / "bag").glob(".salvage*"))


def test_files_of_a_split_bag_are_joined(tmp_path: Path, said: Callable[[Path], list[str]]) -> None:
    folder = make(tmp_path / "bag", limits=Limits(split_seconds=5))
    assert len(list(folder.glob("*.mcap"))) == 12  # two digits: 10 comes after 9
    (folder / "metadata.yaml").unlink()
    assert numbers(said(recover(folder).folder)) == list(range(COUNT))


def test_what_a_whole_bag_says_of_its_topics_is_kept(tmp_path: Path) -> None:
    folder = make(tmp_path / "bag")
    (folder / "metadata.yaml").unlink()
    recovery = recover(folder)
    assert recovery.faults == ()
    with BagReader(recovery.folder) as bag:
        assert bag.topics == [TALK]
    assert (
        "RIHS01_df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18"
        in (recovery.folder / "metadata.yaml").read_text()
    )


def test_nothing_to_recover_is_told(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="nothing to recover"):
        recover(tmp_path)
    (tmp_path / "diary.mcap").write_text("Dear diary")
    with pytest.raises(BagError, match="whatever its name says"):
        recover(tmp_path / "diary.mcap")
    make(tmp_path / "bag")
    recover(tmp_path / "bag")
    with pytest.raises(BagError, match="was recovered before"):
        recover(tmp_path / "bag")


def test_messages_that_rosbag2_compressed_are_unpacked(tmp_path: Path, said: Callable[[Path], list[str]]) -> None:
    writer = Writer(tmp_path / "bag", version=9, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.MESSAGE, CompressionFormat.ZSTD)
    with writer:
        store = get_typestore(Stores.ROS2_JAZZY)
        connection = writer.add_connection(TALK.name, TALK.kind, typestore=store)
        writer.write(connection, 1, text("packed"))
    assert said(recover(tmp_path / "bag").folder) == ["packed"]
