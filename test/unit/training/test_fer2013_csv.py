from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.training.datasets import open_dataset
from emotion_perception.training.images import LazyImages

Portrait = Callable[[int], NDArray[np.uint8]]
VOTES = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def text(picture: NDArray[np.uint8]) -> str:
    return " ".join(map(str, picture.ravel().tolist()))


@pytest.fixture
def rows(portrait: Portrait) -> list[str]:
    return [f"{n % 7},{text(portrait(n))},{'Training' if n < 8 else 'PublicTest'}" for n in range(10)]


def write(path: Path, lines: list[str], header: str = "emotion,pixels,Usage", end: str = "\n") -> Path:
    path.write_bytes(end.join([header, *lines, ""]).encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_row_is_read(tmp_path: Path, rows: list[str], portrait: Portrait, end: str, mark: str) -> None:
    found = open_dataset(write(tmp_path / "données 表情.csv", rows, f"{mark}emotion,pixels,Usage", end))
    assert found.labels.tolist() == [n % 7 for n in range(10)]
    assert np.array_equal(found.images[:], np.stack([portrait(n) for n in range(10)]))
    assert found.split("PublicTest").sources[1] == "données 表情.csv, line 11"


def test_the_order_and_the_spaces_of_the_other_file(tmp_path: Path, portrait: Portrait) -> None:
    line = f'3,PrivateTest,"{text(portrait(5))}"'
    found = open_dataset(write(tmp_path / "icml_face_data.csv", [line], "emotion, Usage, pixels"))
    assert found.split_names == ("PrivateTest",)
    assert found.counts()["happy"] == 1
    assert np.array_equal(found.images[0], portrait(5))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda row: row.replace(" ", "", 1), "it has not 2304 pixels"),
        (lambda row: row.replace(",", ",1 ", 1), "it has not 2304 pixels"),
        (lambda row: f"0,{'256 ' + '1 ' * 2303},Training", "a pixel is not a whole number from 0 to 255"),
        (lambda row: f"0,{'-1 ' + '1 ' * 2303},Training", "a pixel is not a whole number from 0 to 255"),
        (lambda row: f"0,{'1.5 ' + '1 ' * 2303},Training", "a pixel is not a whole number from 0 to 255"),
        (lambda row: f"0,{chr(0) + ' ' + '1 ' * 2303},Training", "a pixel is not a whole number from 0 to 255"),
        (lambda row: "7" + row[1:], "its emotion is not 0 to 6"),
        (lambda row: "x" + row[1:], "its emotion is not 0 to 6"),
        (lambda row: row.replace("Training", "Test"), "its usage is not Training, PublicTest or PrivateTest"),
        (lambda row: row.partition(",")[0], "it has too few columns"),
        (lambda row: "\0\0\0", "it has too few columns"),
        (lambda row: "0," + "1 " * 3_000_000 + ",Training", "it has more than 65536 characters"),
    ],
)
def test_a_malformed_row_is_named_and_skipped(
    tmp_path: Path, rows: list[str], portrait: Portrait, spoil: Callable[[str], str], reason: str
) -> None:
    said: list[str] = []
    spoilt = [*rows[:4], spoil(rows[4]), *rows[5:]]
    found = open_dataset(write(tmp_path / "fer2013.csv", spoilt), report=said.append)
    assert said == [f"fer2013.csv, line 6 was skipped: {reason}"]
    assert found.labels.tolist() == [n % 7 for n in range(10) if n != 4]
    assert found.sources[4] == "fer2013.csv, line 7"
    assert np.array_equal(found.images[:], np.stack([portrait(n) for n in range(10) if n != 4]))


def test_many_equal_faults_are_counted(tmp_path: Path, rows: list[str]) -> None:
    said: list[str] = []
    open_dataset(write(tmp_path / "fer2013.csv", [*rows, *["9,1,Training"] * 40]), report=said.append)
    assert len(said) == 6
    assert said[-1] == "35 more were skipped: its emotion is not 0 to 6"


def test_nothing_to_learn_from_is_an_error_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"2 skipped \(it has not 2304 pixels\)"):
        open_dataset(write(tmp_path / "fer2013.csv", ["0,1 2 3,Training"] * 2), report=lambda _: None)
    with pytest.raises(DatasetError, match="nothing was found"):
        open_dataset(write(tmp_path / "fer2013.csv", []), report=lambda _: None)
    with pytest.raises(DatasetError, match='no column "pixels"'):
        open_dataset(write(tmp_path / "fer2013.csv", [], "emotion,Usage"), kind="fer2013")


def test_what_does_not_fit_into_memory_stays_in_the_file(tmp_path: Path, rows: list[str]) -> None:
    path = write(tmp_path / "fer2013.csv", rows)
    lazy = open_dataset(path, memory=5 * 2304)
    assert isinstance(lazy.images, LazyImages)
    assert lazy.digest() == open_dataset(path).digest()
    path.write_bytes(b"x" * path.stat().st_size)  # in place: the open file changes
    with pytest.raises(DatasetError, match=r"fer2013\.csv, line 4 could be read when the dataset was opened"):
        lazy.images[2]


def test_votes_are_joined_by_line_also_past_malformed_rows(tmp_path: Path, rows: list[str]) -> None:
    rows[3] = "9,1,Training"
    path = write(tmp_path / "fer2013.csv", rows)
    votes = ballots()
    votes[6] = "Training,,ten,0,0,0,0,0,0,0,0,0"
    write(tmp_path / "fer2013new.csv", votes, VOTES)
    said: list[str] = []
    found = open_dataset(path, report=said.append)
    assert found.votes is not None
    assert found.votes[:, 0].tolist() == [0, 1, 2, 4, 5, -1, 7, 8, 9]
    assert found.votes[:, 9].tolist() == [10, 9, 8, 6, 5, -1, 3, 2, 1]
    assert any(line.startswith("fer2013new.csv, line 8") for line in said)
    elsewhere = write(tmp_path / "votes.csv", votes[:9], VOTES)
    with pytest.raises(DatasetError, match="the same FER2013"):
        open_dataset(path, votes=elsewhere, report=said.append)
    with pytest.raises(DatasetError, match="with --votes"):
        open_dataset(elsewhere)


def ballots() -> list[str]:
    """FER+'s lines for those of ``rows``."""
    return [f"{'Training' if n < 8 else 'PublicTest'},fer{n:07}.png,{n},0,0,0,0,0,0,0,0,{10 - n}" for n in range(10)]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda rows: rows[:2] + rows[3:], "has 10 lines and .* 9: they have to be of the same FER2013"),
        (lambda rows: rows[:2] + rows[3:] + rows[2:3], 'line 9 is "Training" in .* and "PublicTest" in'),
        (lambda rows: [*rows[:4], "", *rows[4:]], "has 10 lines and .* 11: they have to be"),
    ],
    ids=["a row less", "another order", "a blank line"],
)
def test_votes_of_other_pictures_are_refused(
    tmp_path: Path, rows: list[str], spoil: Callable[[list[str]], list[str]], reason: str
) -> None:
    write(tmp_path / "fer2013new.csv", [*ballots(), "", ""], VOTES)
    assert open_dataset(write(tmp_path / "fer2013.csv", [*rows, ""])).votes is not None
    with pytest.raises(DatasetError, match=reason):
        open_dataset(write(tmp_path / "fer2013.csv", spoil(rows)))


def test_votes_for_other_data_are_refused(tmp_path: Path, save: Callable[..., Path]) -> None:
    save(tmp_path / "tree" / "happy" / "1.png")
    with pytest.raises(ParameterError, match="leave it out"):
        open_dataset(tmp_path / "tree", votes=write(tmp_path / "votes.csv", [], VOTES))


def test_a_cache_notices_votes_that_come_later(tmp_path: Path, rows: list[str]) -> None:
    table = write(tmp_path / "fer2013.csv", rows[:2])
    assert open_dataset(table, cache=tmp_path / "cache").votes is None
    votes = [f"Training,{name}.png,10,0,0,0,0,0,0,0,0,0" for name in ("fer0000000", "fer0000001")]
    write(tmp_path / "fer2013new.csv", votes, VOTES)
    assert open_dataset(table, cache=tmp_path / "cache").votes is not None
    assert open_dataset(tmp_path, cache=tmp_path / "cache").votes is not None
