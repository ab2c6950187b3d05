from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from emotion_perception.cli.main import main
from emotion_perception.training.datasets import open_dataset

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """21 pictures of one face; the last three are copies of the first, in the test split."""
    face = cv2.cvtColor(skimage.data.astronaut()[75:165, 180:270], cv2.COLOR_RGB2BGR)
    for number in range(21):
        split, shade = ("test", number - 18) if number >= 18 else ("train", number)
        path = tmp_path / "faces" / split / LABELS[shade % 7] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.clip(face.astype(int) - shade * 3, 0, 255).astype(np.uint8))
    return tmp_path / "faces"


def test_stats_count_and_draw(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", "stats", str(tree), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "faces: 21 pictures of 48x48, SHA-256 " + open_dataset(tree).digest() in printed
    assert "all       18        3\n" in printed
    assert "3 pictures of PublicTest are in Training as well" in printed
    for name in ("histogram.png", "samples.png"):
        picture = cv2.imread(str(tmp_path / "out" / name))
        assert picture is not None
        assert picture.std() > 10


def test_two_datasets_are_merged(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = ["dataset", "merge", str(tmp_path / "a.npz"), str(tree), "--size", "32", "--classes", "6"]
    assert main(first) == 0
    out = tmp_path / "both"
    again = ["dataset", "merge", str(out), str(tmp_path / "a.npz"), str(tree), "--classes", "5", "--oversample"]
    assert main(again) == 0
    found = open_dataset(out)
    assert found.shape == (32, 32)
    assert found.classes == ("angry", "happy", "sad", "surprise", "neutral")
    assert set(found.split("Training").counts().values()) == {6}
    assert found.sources[0].startswith("a.npz, row")
    assert main(again) == 1
    assert "is there already" in capsys.readouterr().err


def test_frontal_faces_only_and_dropped_classes(tree: Path, tmp_path: Path) -> None:
    blank = tree / "train" / "happy" / "blank.png"
    cv2.imwrite(str(blank), np.full((90, 90, 3), 128, np.uint8))
    assert main(["dataset", "merge", str(tmp_path / "m"), str(tree), "--frontal", "--drop", "disgust"]) == 0
    found = open_dataset(tmp_path / "m")
    assert "disgust" not in found.classes
    sources = {found.sources[row] for row in range(len(found))}
    assert "train/happy/3.png" in sources
    assert "train/happy/blank.png" not in sources


def test_faults_are_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        (["stats", str(tmp_path / "none")], "does not exist"),
        (["stats", str(tmp_path), "--kind", "coco"], 'no dataset of kind "coco"'),
        (["stats", str(tmp_path), "--workers", "0"], "--workers is 0"),
        (["convert", str(tmp_path), str(tmp_path / "x"), "--method", "crop", "--size", "1"], "--size is 1"),
    ):
        assert main(["dataset", *arguments]) == 1
        error = capsys.readouterr().err
        assert said in error
        assert len(error.splitlines()) == 1


def test_a_place_that_is_no_folder_is_told_in_a_sentence(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["dataset", "merge", str(tmp_path / "file" / "x.npz"), str(tree)]) == 1
    assert "x.npz cannot be written (Not a directory): make room, or choose another folder." in capsys.readouterr().err


def test_votes_go_with_the_csv_of_a_merge_alone(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    votes = tmp_path / "votes.csv"
    names = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    votes.write_text(f"{names}\nTraining,fer0000000.png,10,0,0,0,0,0,0,0,0,0\n")
    merge = ["dataset", "merge", "--votes", str(votes), str(tmp_path / "m"), str(tree)]
    assert main(merge) == 1
    assert "belongs to FER2013's csv, which is not among the datasets: leave it out" in capsys.readouterr().err
    table = tmp_path / "fer2013.csv"
    table.write_text(f"emotion,pixels,Usage\n3,{' '.join(['7'] * 2304)},Training\n")
    assert main([*merge, str(table)]) == 0
    found = open_dataset(tmp_path / "m").votes
    assert found is not None
    assert found.max(axis=1).tolist() == [-1] * 21 + [10]
