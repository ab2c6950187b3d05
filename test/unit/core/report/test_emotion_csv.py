from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.labels import LABELS
from emotion_perception.core.report.emotion_csv import EmotionCsv, EmotionRow, read_emotions

ROW = EmotionRow(1_700_000_000_000_000_042, "face_1", "happy", 0.75, (0.0, 0.0, 0.125, 0.75, 0.0, 0.125, 0.0))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rows = [ROW, EmotionRow(7, 'face "2", the other', "uncertain", 1 / 3, (1 / 7,) * 7)]
    with EmotionCsv(tmp_path / "new" / "emotion.csv", LABELS) as table:
        for row in rows:
            table.write(row)
    labels, found = read_emotions(tmp_path / "new" / "emotion.csv")
    assert labels == LABELS
    assert [(row.stamp, row.face_id, row.label) for row in found] == [
        (row.stamp, row.face_id, row.label) for row in rows
    ]
    assert found[0] == ROW
    assert found[1].probabilities == pytest.approx(rows[1].probabilities, abs=1e-6)


def test_the_text_is_plain_and_stamps_are_exact(tmp_path: Path) -> None:
    with EmotionCsv(tmp_path / "emotion.csv", ("happy", "sad")) as table:
        table.write(EmotionRow(1_700_000_000_000_000_042, "face_1", "happy", 0.75, (0.75, 0.25)))
    assert (tmp_path / "emotion.csv").read_bytes() == (
        b"stamp,face_id,label,confidence,happy,sad\n1700000000.000000042,face_1,happy,0.750000,0.750000,0.250000\n"
    )


def test_every_row_is_there_after_a_kill(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from emotion_perception.core.report.emotion_csv import EmotionCsv, EmotionRow\n"
        "table = EmotionCsv(Path(sys.argv[1]), ('a', 'b'))\n"
        "for stamp in range(5): table.write(EmotionRow(stamp, 'face_1', 'a', 1.0, (1.0, 0.0)))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, tmp_path / "emotion.csv"], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [row.stamp for row in read_emotions(tmp_path / "emotion.csv")[1]] == [0, 1, 2, 3, 4]


def test_a_last_row_cut_off_is_left_out(tmp_path: Path) -> None:
    with EmotionCsv(tmp_path / "emotion.csv", LABELS) as table:
        table.write(ROW)
        table.write(ROW)
    whole = (tmp_path / "emotion.csv").read_bytes()
    (tmp_path / "emotion.csv").write_bytes(whole[:-9])
    assert read_emotions(tmp_path / "emotion.csv")[1] == [ROW]


def test_a_full_disk_is_told_in_a_sentence() -> None:
    with pytest.raises(PerceptionError, match=r"cannot write /dev/full .No space left on device.: free some space"):
        EmotionCsv(Path("/dev/full"), LABELS)


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PerceptionError, match=r"cannot write .*file/emotion.csv .Not a directory|File exists"):
        EmotionCsv(tmp_path / "file" / "emotion.csv", LABELS)


def test_a_row_needs_a_probability_for_every_label(tmp_path: Path) -> None:
    with EmotionCsv(tmp_path / "emotion.csv", LABELS) as table, pytest.raises(ValueError, match="1 probabilities"):
        table.write(EmotionRow(1, "face_1", "happy", 1.0, (1.0,)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is no table of expressions"),
        ("a,b\n1,2\n", "is no table of expressions"),
        ("stamp,face_id,label,confidence,a\n1.000000000,face_1,a,1.0,1.0\n1.0,face_1,a,1.0\n2\n", "damaged line 3"),
        ("stamp,face_id,label,confidence,a\nsoon,face_1,a,1.0,1.0\n", "damaged line 2"),
    ],
)
def test_other_files_are_refused_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "emotion.csv").write_text(text)
    with pytest.raises(PerceptionError, match=sentence):
        read_emotions(tmp_path / "emotion.csv")


def test_a_missing_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PerceptionError, match=r"cannot read .*nothing.csv"):
        read_emotions(tmp_path / "nothing.csv")
