from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.core.labels import LABELS
from emotion_perception.training.conversion import METHODS, convert
from emotion_perception.training.datasets import open_dataset, open_for
from emotion_perception.training.datasets.affectnet import COLUMNS
from emotion_perception.training.skipping import Skipped

Array = NDArray[np.uint8]
#: Eyes, tip of the nose and corners of the mouth of a frontal face, turned a little.
POINTS = {36: (206, 113), 42: (246, 111), 30: (228, 134), 48: (211, 152), 54: (245, 150)}


def landmarks(dx: float = 0, dy: float = 0) -> str:
    points = np.zeros((68, 2))
    points[36:42], points[42:48] = POINTS[36], POINTS[42]
    for number in (30, 48, 54):
        points[number] = POINTS[number]
    return ";".join(f"{value:.1f}" for value in (points + np.array([dx, dy])).ravel())


def line(path: str, expression: object = 1, *, box: str = "180,75,90,90", points: str = "") -> str:
    return f"{path},{box},{points or landmarks()},{expression},0.5,-0.1"


@pytest.fixture
def affectnet(tmp_path: Path, astronaut: Array) -> Callable[..., Path]:
    """affectnet(["689/a.jpg", …], training=[line, …]) -> its folder."""

    def make(pictures: list[str], training: list[str], validation: list[str] = [], header: bool = True) -> Path:  # noqa: B006
        root = tmp_path / "AffectNet"
        for name in pictures:
            path = root / "Manually_Annotated_Images" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(cv2.imencode(path.suffix, cv2.cvtColor(astronaut, cv2.COLOR_RGB2BGR))[1].tobytes())
        for name, lines in (("training.csv", training), ("validation.csv", validation)):
            if lines:
                (root / name).write_text("\n".join([*[",".join(COLUMNS)] * header, *lines, ""]), encoding="utf-8")
        return root

    return make


def test_every_expression_gets_our_number(affectnet: Callable[..., Path]) -> None:
    said: list[str] = []
    lines = [line(f"7/{number}.png", number) for number in range(11)]
    found = open_dataset(affectnet([f"7/{n}.png" for n in range(11)], lines[:8], lines[7:]), report=said.append)
    ours = ["neutral", "happy", "sad", "surprise", "fear", "disgust", "angry"]
    assert [found.classes[label] for label in found.labels] == ours
    assert set(found.splits.tolist()) == {"Training"}
    assert len(said) == 5
    assert 'its expression is "contempt", which is none of ours' in said[0]
    assert said[-1] == 'validation.csv, line 5 was skipped: its expression is "no face", which is none of ours'


def test_a_network_gets_faces_of_its_size_from_a_list_as_from_its_folder(affectnet: Callable[..., Path]) -> None:
    root = affectnet(["7/a.png"], [line("7/a.png")])
    for place in (root, root / "training.csv"):
        assert open_for(place, size=64, channels=3).shape == (64, 64, 3)


def test_a_face_is_cut_out_as_the_robot_does_it(affectnet: Callable[..., Path]) -> None:
    root = affectnet(["7/a.png"], [line("7/a.png")])
    picture = np.full((512, 512, 3), 255, np.uint8)
    for x, y in (POINTS[36], POINTS[42]):
        cv2.circle(picture, (x, y), 3, (0, 0, 0), cv2.FILLED)
    cv2.imwrite(str(root / "Manually_Annotated_Images" / "7" / "a.png"), picture)
    face = open_dataset(root, size=96).images[0]
    rows, columns = np.nonzero(face < 128)
    left, right = columns < 48, columns >= 48
    # FER2013's framing: eyes at x 0.32 and 0.68, y 0.40 of the side.
    assert [columns[left].mean() / 96, columns[right].mean() / 96] == pytest.approx([0.32, 0.68], abs=0.02)
    assert [rows[left].mean() / 96, rows[right].mean() / 96] == pytest.approx([0.40, 0.40], abs=0.02)
    box = open_dataset(root, size=90, crop="box").images[0]
    whole = open_dataset(root, size=512, crop="whole").images[0]
    assert np.abs(box.astype(int) - whole[75:165, 180:270]).max() <= 1


@pytest.mark.parametrize(
    ("box", "points"),
    [
        ("180,75,90,90", "1;2;3"),
        ("180,75,90,90", "nan;" * 135 + "nan"),
        ("180,75,90,90", "0;" * 135 + "0"),
        ("nan,75,90,90", "x"),
        ("180,75,-90,90", "x"),
        ("180,75,99999,99999", "x"),
        ("-50,-50,900,20", "x"),
        ("x,y,z,w", "x"),
        ("9000,9000,50,50", landmarks(9000, 9000)),
    ],
)
def test_odd_boxes_and_landmarks_still_give_a_picture(affectnet: Callable[..., Path], box: str, points: str) -> None:
    found = open_dataset(affectnet(["7/a.png"], [line("7/a.png", box=box, points=points)]))
    assert found.images[0].shape == (48, 48)


def test_bad_lines_are_named(affectnet: Callable[..., Path], tmp_path: Path) -> None:
    lines = [
        line("7/a.png"),
        line("7/missing.png"),
        line("../../secret.png"),
        line("/etc/secret.png"),
        line("7/a.png", "x"),
        "7/a.png,1,2",
        line("7/b\0.png"),
        "",
        line("7/a.png", 12),
    ]
    said: list[str] = []
    found = open_dataset(affectnet(["7/a.png"], lines), report=said.append)
    assert len(found) == 1
    assert found.sources[0] == "training.csv, line 2"
    assert sorted(said) == sorted([
        "training.csv, line 3 was skipped: there is no such file",
        "training.csv, line 4 was skipped: its path leads out of the dataset",
        "training.csv, line 5 was skipped: its path leads out of the dataset",
        "training.csv, line 6 was skipped: its expression is not 0 to 10",
        "training.csv, line 7 was skipped: it has too few columns",
        "training.csv, line 8 was skipped: its path leads out of the dataset",
        "training.csv, line 10 was skipped: its expression is not 0 to 10",
    ])  # fmt: skip


def test_a_list_without_header_is_read(affectnet: Callable[..., Path]) -> None:
    root = affectnet(["7/a.png"], [], [line("7/a.png", 3)], header=False)
    found = open_dataset(root / "validation.csv")
    assert found.counts()["surprise"] == 1
    assert found.split_names == ("PublicTest",)


def test_lists_without_pictures_are_an_error(affectnet: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "AffectNet").mkdir()
    with pytest.raises(DatasetError, match=r"2 skipped \(there is no such file\)"):
        open_dataset(affectnet([], [line("1/a.jpg"), line("1/b.jpg")]), report=lambda _: None)


def test_a_first_picture_that_is_missing_hides_no_others(affectnet: Callable[..., Path]) -> None:
    said: list[str] = []
    root = affectnet(["1/b.jpg"], [line("9/missing.jpg"), line("1/b.jpg")])
    assert len(open_dataset(root, report=said.append)) == 1
    assert any("there is no such file" in each for each in said)


def fill(affectnet: Callable[..., Path], count: int = 14) -> Path:
    names = [f"{number % 3}/{number}.jpg" for number in range(count)]
    lines = [line(name, number % 7) for number, name in enumerate(names)]
    return affectnet(names, [*lines, line("9/missing.jpg")], [line(names[0], 3)])


@pytest.mark.parametrize("method", METHODS)
def test_numbered_folders_become_classes(affectnet: Callable[..., Path], tmp_path: Path, method: str) -> None:
    root, out = fill(affectnet), tmp_path / "out"
    skipped = Skipped(lambda _: None)
    counts = convert(root, out, method=method, size=64, skipped=skipped)
    assert counts.total() == 15
    assert counts["train/happy"] == 2
    assert skipped.counts == {"there is no such file": 1}
    files = sorted(path for path in out.rglob("[!.]*") if not path.is_dir())
    assert len(files) == 15
    source = root / "Manually_Annotated_Images" / "1" / "1.jpg"
    made = next(path for path in files if path.name.startswith("1_1.jpg"))
    assert made.parent == out / "train" / "happy"
    assert made.is_symlink() == (method == "link")
    assert made.samefile(source) == (method in ("link", "hardlink"))
    if method == "crop":
        assert cv2.imread(str(made)).shape == (64, 64, 3)
    else:
        assert made.read_bytes() == source.read_bytes()
    found = open_dataset(out)
    assert len(found.split("Training")) == 14
    assert len(found.split("PublicTest")) == 1
    assert found.classes == LABELS


def test_what_is_there_is_not_made_again_and_halves_are(affectnet: Callable[..., Path], tmp_path: Path) -> None:
    root, out = fill(affectnet), tmp_path / "out"
    convert(root, out, skipped=Skipped(lambda _: None))
    files = sorted(path for path in out.rglob("*.jpg"))
    files[0].write_bytes(b"mine")
    files[1].rename(files[1].with_name(f".{files[1].name}.part"))  # as if the power had failed
    counts = convert(root, out, skipped=Skipped(lambda _: None))
    assert counts.total() == 15
    assert files[0].read_bytes() == b"mine"
    assert sorted(path for path in out.rglob("*") if path.is_file()) == [out / ".made", *files]


@pytest.mark.parametrize("method", METHODS)
def test_a_draft_that_was_left_is_no_obstacle(affectnet: Callable[..., Path], tmp_path: Path, method: str) -> None:
    root, out = fill(affectnet), tmp_path / "out"
    convert(root, out, method=method, skipped=Skipped(lambda _: None))
    made = next(path for path in out.rglob("[!.]*") if not path.is_dir())
    made.rename(made.with_name(f".{made.name}.part"))
    assert convert(root, out, method=method, skipped=Skipped(lambda _: None)).total() == 15
    assert list(out.rglob(".*")) == [out / ".made"]


def test_a_killed_conversion_goes_on(affectnet: Callable[..., Path], tmp_path: Path) -> None:
    root, out = fill(affectnet, 600), tmp_path / "out"
    command = [sys.executable, "-m", "emotion_perception.cli.main", "dataset", "convert", str(root), str(out)]
    command += ["--method", "crop"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(out.rglob("*.png"))) < 20:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("[!.]*.png")}
    assert len(before) < 600
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "601 pictures are in" in done.stdout
    after = {path: path.stat().st_mtime_ns for path in out.rglob("*.png")}
    assert len(after) == 601
    assert {path: after[path] for path in before} == before
    assert all(cv2.imread(str(path)) is not None for path in after)


def test_folders_numbered_by_expression_become_classes(tmp_path: Path, astronaut: Array) -> None:
    for number in range(9):
        path = tmp_path / "train_class" / f"{number:03}" / "image1.jpg"
        path.parent.mkdir(parents=True)
        path.write_bytes(cv2.imencode(".jpg", astronaut)[1].tobytes())
    skipped = Skipped(lambda _: None)
    counts = convert(tmp_path / "train_class", tmp_path / "out", skipped=skipped)
    assert dict(counts) == dict.fromkeys(LABELS, 1)
    assert skipped.counts.keys() == {
        'its expression is "contempt", which is none of ours',
        'its expression is "none", which is none of ours',
    }


@pytest.mark.parametrize("method", ["copy", "crop"])
def test_a_picture_that_is_listed_twice_is_made_once_and_told(
    affectnet: Callable[..., Path], tmp_path: Path, method: str
) -> None:
    names = [f"1/{number}.jpg" for number in range(20)]
    root = affectnet(names, [line(name, 1) for name in names for _ in range(2)], [line(names[0], 1)])
    skipped, told = Skipped(lambda _: None), []
    counts = convert(
        root, tmp_path / "out", method=method, workers=8, skipped=skipped, progress=lambda *now: told.append(now)
    )
    assert counts.total() == 21
    assert told[-1] == (21, 21)
    assert skipped.counts == {"an earlier one is the same picture, or has its name": 20}


def test_pictures_of_two_sizes_are_not_mixed(affectnet: Callable[..., Path], tmp_path: Path) -> None:
    root, out = fill(affectnet), tmp_path / "out"
    convert(root, out, method="crop", size=48, skipped=Skipped(lambda _: None))
    with pytest.raises(ParameterError, match=r"size crop 48, not crop 96\): give the same options, or another folder"):
        convert(root, out, method="crop", size=96, skipped=Skipped(lambda _: None))
    with pytest.raises(ParameterError, match="not copy 0"):
        convert(root, out, skipped=Skipped(lambda _: None))
    assert not list(out.rglob("*.jpg"))


def test_a_conversion_that_makes_no_sense(affectnet: Callable[..., Path], tmp_path: Path) -> None:
    root = fill(affectnet)
    with pytest.raises(ParameterError, match="lies inside"):
        convert(root, root / "out", skipped=Skipped())
    with pytest.raises(ParameterError, match="choose one of"):
        convert(root, tmp_path / "out", method="move", skipped=Skipped())
    with pytest.raises(DatasetError, match="neither"):
        convert(tmp_path / "none", tmp_path / "out", skipped=Skipped())
    (tmp_path / "file").write_text("x")
    with pytest.raises(DatasetError, match="cannot be written"):
        convert(root, tmp_path / "file" / "out", skipped=Skipped())
