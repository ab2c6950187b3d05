from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.core.labels import LABELS
from emotion_perception.training.datasets import open_dataset
from emotion_perception.training.images import LazyImages

Save = Callable[..., Path]


def test_names_give_fer2013s_splits(tmp_path: Path, save: Save) -> None:
    save(tmp_path / "train" / "angry" / "Training_1.jpg")
    save(tmp_path / "test" / "happy" / "PublicTest_2.jpg")
    save(tmp_path / "test" / "happy" / "PrivateTest_3.jpg")
    save(tmp_path / "test" / "sad" / "4.jpg")
    found = open_dataset(tmp_path)
    assert {found.sources[row]: found.splits[row] for row in range(4)} == {
        "train/angry/Training_1.jpg": "Training",
        "test/happy/PublicTest_2.jpg": "PublicTest",
        "test/happy/PrivateTest_3.jpg": "PrivateTest",
        "test/sad/4.jpg": "PublicTest",
    }
    assert found.classes == LABELS
    assert found.shape == (48, 48)


def test_a_validation_folder_makes_test_the_private_one(tmp_path: Path, save: Save) -> None:
    for split in ("Train", "Validation", "Test"):
        save(tmp_path / split / "Fear" / "1.png")
    found = open_dataset(tmp_path)
    assert set(zip((found.sources[row].split("/")[0] for row in range(3)), found.splits.tolist(), strict=True)) == {
        ("Train", "Training"),
        ("Validation", "PublicTest"),
        ("Test", "PrivateTest"),
    }


def test_classes_beside_splits_are_told(tmp_path: Path, save: Save) -> None:
    for folder in ("happy", "sad", "test/happy"):
        save(tmp_path / folder / "1.png")
    said: list[str] = []
    assert open_dataset(tmp_path, report=said.append).split_names == ("PublicTest",)
    reason = "was skipped: it lies beside folders of splits and is none: move it into train"
    assert said == [f"happy {reason}", f"sad {reason}"]


def test_ck_plus_has_people_and_a_class_that_is_none_of_ours(tmp_path: Path, save: Save) -> None:
    for name in ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise"):
        for person in (10, 11):
            save(tmp_path / "CK+48" / name / f"S{person:03}_004_000000{person}.png", person)
    said: list[str] = []
    found = open_dataset(tmp_path / "CK+48", report=said.append)
    assert said == ["contempt was skipped: its name is none of our classes"]
    assert found.counts() == {name: 2 * (name != "neutral") for name in LABELS}
    assert found.groups is not None
    assert sorted(found.groups.tolist()) == ["S010"] * 6 + ["S011"] * 6


def test_any_other_folders_are_classes_of_their_own(tmp_path: Path, save: Save) -> None:
    for name in ("чай", "кава"):
        save(tmp_path / name / "deep" / "er" / "1.webp")
    found = open_dataset(tmp_path, size=32, colour=True)
    assert found.classes == ("кава", "чай")
    assert found.split_names == ("",)
    assert found.shape == (32, 32, 3)


def test_bad_pictures_are_named_and_others_kept(tmp_path: Path, save: Save) -> None:
    for number in range(3):
        save(tmp_path / "happy" / f"{number}.jpg", number)
    content = (tmp_path / "happy" / "1.jpg").read_bytes()
    (tmp_path / "happy" / "1.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "happy" / "notes.txt").write_text("no picture")
    (tmp_path / "happy" / ".hidden.jpg").write_bytes(content)
    said: list[str] = []
    found = open_dataset(tmp_path, report=said.append)
    assert said == ["happy/1.jpg was skipped: it is damaged, or no picture"]
    assert [found.sources[row] for row in range(2)] == ["happy/0.jpg", "happy/2.jpg"]
    lazy = open_dataset(tmp_path, memory=0, report=said.append)
    assert isinstance(lazy.images, LazyImages)
    assert lazy.digest() == found.digest()
    (tmp_path / "happy" / "2.jpg").unlink()
    with pytest.raises(DatasetError, match=r"happy/2\.jpg could be read when"):
        lazy.images[1]


def test_a_loop_of_links_is_walked_once(tmp_path: Path, save: Save) -> None:
    save(tmp_path / "happy" / "1.png")
    (tmp_path / "happy" / "again").symlink_to(tmp_path)
    (tmp_path / "happy" / "self").symlink_to(tmp_path / "happy")
    (tmp_path / "happy" / "dangling.png").symlink_to(tmp_path / "none.png")
    said: list[str] = []
    found = open_dataset(tmp_path, report=said.append)
    assert len(found) == 1
    assert said == ["happy/dangling.png was skipped: there is no such file"]


@pytest.mark.parametrize(
    ("name", "said"), [("1", "has numbers for classes"), ("happy", "no picture with a label: nothing was found")]
)
def test_folders_without_meaning_or_pictures(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(DatasetError, match=said):
        open_dataset(tmp_path)


def test_what_is_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    for path, said in ((tmp_path / "none", "does not exist"), (tmp_path / "x.txt", "no dataset we know")):
        with pytest.raises(DatasetError, match=said):
            open_dataset(path)
    with pytest.raises(DatasetError, match="no folders in it"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(("option", "value"), [("kind", "coco"), ("crop", "nose"), ("size", 5000), ("size", -1)])
def test_options_out_of_range(tmp_path: Path, option: str, value: object) -> None:
    with pytest.raises(ParameterError):
        open_dataset(tmp_path, **{option: value})  # type: ignore[arg-type]


def test_a_cache_is_used_until_a_file_changes(tmp_path: Path, save: Save) -> None:
    for number in range(3):
        save(tmp_path / "data" / "happy" / f"{number}.png", number)
    first = open_dataset(tmp_path / "data", cache=tmp_path / "cache")
    again = open_dataset(tmp_path / "data", cache=tmp_path / "cache")
    assert again.digest() == first.digest()
    assert again.sources[2] == "happy/2.png"
    assert len(list((tmp_path / "cache").iterdir())) == 1
    open_dataset(tmp_path / "data", cache=tmp_path / "cache", size=32)
    save(tmp_path / "data" / "sad" / "9.png", 9)
    assert len(open_dataset(tmp_path / "data", cache=tmp_path / "cache")) == 4
    assert len(list((tmp_path / "cache").iterdir())) == 3


def test_a_cache_inside_of_what_it_watches_is_refused(tmp_path: Path, save: Save) -> None:
    save(tmp_path / "data" / "happy" / "1.png")
    with pytest.raises(ParameterError, match=r"lies inside .*, which it would change: choose a place outside it"):
        open_dataset(tmp_path / "data", cache=tmp_path / "data" / ".cache")


def test_a_cache_notices_a_picture_of_the_same_size(tmp_path: Path, save: Save) -> None:
    for number in (1, 2):
        save(tmp_path / "data" / "happy" / "1.bmp", number)
        found = open_dataset(tmp_path / "data", cache=tmp_path / "cache")
        assert found.images[0][0, 0] == number
