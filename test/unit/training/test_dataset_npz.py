from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from emotion_perception.core.errors import DatasetError
from emotion_perception.core.locking import locked
from emotion_perception.training.arrays import read_arrays, write_arrays
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.datasets import open_dataset
from emotion_perception.training.datasets.npz import write_npz

Make = Callable[..., Dataset]


def whole(dataset: Make) -> Dataset:
    votes = np.arange(100, dtype=np.int8).reshape(10, 10)
    return dataset(10, votes=votes, groups=np.array(list("aabbccddee")))


def test_what_is_written_is_read_again(tmp_path: Path, dataset: Make) -> None:
    before = whole(dataset)
    write_npz(before, tmp_path / "faces.npz")
    after = open_dataset(tmp_path / "faces.npz")
    assert after.digest() == before.digest()
    assert after.sources[3] == "faces.npz, row 3"
    assert [path.name for path in tmp_path.iterdir()] == ["faces.npz"]


def test_a_folder_of_arrays_is_mapped_and_keeps_sources(tmp_path: Path, dataset: Make) -> None:
    before = whole(dataset)
    write_arrays(before, tmp_path / "faces")
    after = open_dataset(tmp_path / "faces")
    assert isinstance(after.images, np.memmap)
    assert after.digest() == before.digest()
    assert not isinstance(after.subset(np.array([1, 2])).images, np.ndarray)  # a view, not a copy
    assert after.sources[3] == before.sources[3]
    with pytest.raises(DatasetError, match="is there already"):
        write_arrays(before, tmp_path / "faces")


def test_a_folder_of_arrays_grows_as_it_is_written_so_that_a_full_disk_is_told(
    tmp_path: Path, dataset: Make, files_of_at_most: Callable[[int], AbstractContextManager[None]]
) -> None:
    large = np.zeros((6, 1024, 1024), np.uint8)  # larger than a chunk
    whole_size, sizes = large.nbytes, []

    def watch(done: int, total: int) -> None:
        sizes.append((tmp_path / ".faces.part" / "images.npy").stat().st_size)

    write_arrays(dataset(6, images=large), tmp_path / "faces", progress=watch)
    assert sizes[0] < whole_size <= sizes[-1]
    with files_of_at_most(1_000_000), pytest.raises(DatasetError, match=r"more cannot be written \(File too large\)"):
        write_arrays(dataset(6, images=large), tmp_path / "more")
    small = dataset(6, images=np.zeros((6, 2, 2), np.uint8), groups=np.array(["x" * 5000] * 6))
    with files_of_at_most(1_000), pytest.raises(DatasetError, match=r"more cannot be written \([^N]"):
        write_arrays(small, tmp_path / "more")
    assert [path.name for path in tmp_path.iterdir()] == ["faces"]


def test_what_a_kill_left_is_cleared(tmp_path: Path, dataset: Make) -> None:
    (tmp_path / ".faces.part").mkdir()
    (tmp_path / ".faces.part" / "images.npy").write_bytes(b"half")
    (tmp_path / ".faces.part" / "votes.npy").write_bytes(b"of another dataset")
    write_arrays(dataset(10), tmp_path / "faces")
    assert [path.name for path in tmp_path.iterdir()] == ["faces"]
    assert read_arrays(tmp_path / "faces").votes is None


@pytest.mark.parametrize("finished", [True, False])
def test_who_writes_the_same_waits_for_the_first(tmp_path: Path, dataset: Make, finished: bool) -> None:
    draft, folder = tmp_path / ".faces.part", tmp_path / "faces"
    draft.mkdir()
    with ThreadPoolExecutor(1) as pool:
        with locked(draft, make=False):
            (draft / "theirs").write_text("whole")
            second = pool.submit(write_arrays, dataset(10), folder)
            with pytest.raises(TimeoutError):
                second.result(0.3)
            assert (draft / "theirs").is_file()
            if finished:
                draft.rename(folder)
        if finished:
            with pytest.raises(DatasetError, match="is there already: another process wrote it meanwhile"):
                second.result(10)
            assert (folder / "theirs").is_file()
        else:
            second.result(10)
            assert len(read_arrays(folder)) == 10
    assert [path.name for path in tmp_path.iterdir()] == ["faces"]


@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "dataset.json"])
def test_damaged_arrays_are_refused(tmp_path: Path, dataset: Make, name: str) -> None:
    write_arrays(whole(dataset), tmp_path / "faces")
    content = (tmp_path / "faces" / name).read_bytes()
    (tmp_path / "faces" / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(DatasetError, match="is damaged"):
        read_arrays(tmp_path / "faces")


def test_pickled_objects_are_never_loaded(tmp_path: Path, dataset: Make) -> None:
    ran = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (ran,))  # type: ignore[return-value]

    path = tmp_path / "evil.npz"
    labels = np.array([Evil()] * 3, dtype=object)
    np.savez(path, images=np.zeros((3, 8, 8), np.uint8), labels=labels, allow_pickle=True)
    with pytest.raises(DatasetError, match="can run code"):
        open_dataset(path)
    write_arrays(whole(dataset), tmp_path / "faces")
    np.save(tmp_path / "faces" / "labels.npy", labels, allow_pickle=True)
    with pytest.raises(DatasetError):
        open_dataset(tmp_path / "faces")
    assert not ran.exists()


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (10**9, 1000, 1000)})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", header.getvalue() + bytes(1 << 20))
    with pytest.raises(DatasetError, match=r"unpacks to 1000000\.0 GB"):
        open_dataset(path)


def test_a_header_that_promises_more_than_there_is(tmp_path: Path) -> None:
    path = tmp_path / "short.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (9, 8, 8)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", header.getvalue() + bytes(100))
    with pytest.raises(DatasetError, match="ends after 100 of 576 bytes"):
        open_dataset(path)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"images": np.zeros((2, 8, 8), np.uint8)}, 'no array "labels"'),
        ({"images": np.zeros((2, 8, 8), np.float32), "labels": np.zeros(2, np.uint8)}, "not what a dataset holds"),
        ({"images": np.zeros((2, 8, 8), np.uint8), "labels": np.zeros(3, np.uint8)}, "have to be as many"),
        ({"images": np.zeros((2, 8, 8), np.uint8), "labels": np.full(2, 9)}, "no picture with a label"),
    ],
)
def test_arrays_that_are_no_dataset(tmp_path: Path, arrays: dict[str, np.ndarray], said: str) -> None:  # type: ignore[type-arg]
    np.savez(tmp_path / "x.npz", allow_pickle=False, **arrays)
    with pytest.raises(DatasetError, match=said):
        open_dataset(tmp_path / "x.npz", report=lambda _: None)


def test_rows_with_strange_labels_are_skipped(tmp_path: Path) -> None:
    said: list[str] = []
    np.savez(
        tmp_path / "x.npz",
        images=np.zeros((4, 8, 8), np.uint8),
        labels=np.array([0, -1, 7, 6]),
        usage=np.array(["Training", "Training", "Training", "Final"]),
    )
    found = open_dataset(tmp_path / "x.npz", report=said.append)
    assert len(found) == 1
    assert [line.partition(" was")[0] for line in said] == ["x.npz, row 1", "x.npz, row 2", "x.npz, row 3"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a zip file" * 100])
def test_what_is_no_npz_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(DatasetError, match="is damaged or no"):
        open_dataset(tmp_path / "x.npz")


def test_a_damaged_member_is_refused(tmp_path: Path, dataset: Make) -> None:
    write_npz(whole(dataset), tmp_path / "x.npz")
    content = bytearray((tmp_path / "x.npz").read_bytes())
    content[2000:2100] = bytes(100)
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(DatasetError, match="is damaged or no"):
        open_dataset(tmp_path / "x.npz")
