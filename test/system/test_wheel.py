"""`pip wheel` packs everything a user needs, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from emotion_perception.nodes import NODES


def find(folder: Path, pattern: str, under: str) -> set[str]:
    """Return the files of the checkout that a pattern finds, as paths below ``under``."""
    return {f"{under}/{path.relative_to(folder)}" for path in folder.glob(pattern) if path.is_file()}


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_wheel_holds_modules_messages_data_and_executables(tmp_path: Path, checkout: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-build-isolation",
        "--no-deps",
        "--no-index",
        "-w",
        "wheels",
        ".",
    ]
    built = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=300)
    assert built.returncode == 0, built.stdout[-4000:] + built.stderr[-4000:]
    (wheel,) = (checkout / "wheels").glob("emotion_perception-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        (entry_points,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
        assert "emotion-perception = emotion_perception.cli.main:main" in archive.read(entry_points).decode()
    (data,) = {name.partition("/")[0] for name in names if ".data/" in name}

    modules = find(checkout / "emotion_perception", "**/*.py", "emotion_perception")
    assert modules and modules <= names
    page = find(checkout / "emotion_perception", "cli/view/page/*.*", "emotion_perception")
    assert page and page <= names
    messages = [*checkout.glob("msg/*.msg"), *checkout.glob("srv/*.srv")]
    classes = {f"emotion_perception/{path.parent.name}/_{snake_case(path.stem)}.py" for path in messages}
    assert classes and classes <= names
    share = f"{data}/data/share/emotion_perception"
    shipped = {f"{share}/package.xml"}
    for folder in ("config", "launch", "models", "msg", "srv"):
        files = find(checkout / folder, "**/*", f"{share}/{folder}")
        assert files, folder
        shipped |= files
    assert shipped <= names
    programs = {f"{data}/data/lib/emotion_perception/{name}" for name in (*NODES, "emotion-perception")}
    assert programs <= names
    assert any(name.startswith(f"{data}/data/lib/libemotion_perception__rosidl_") for name in names)

    assert not [name for name in names if {"test", "tests", "__pycache__"} & set(PurePosixPath(name).parts)]


def snake_case(name: str) -> str:
    """Name a message's module as rosidl does: EmotionArray -> emotion_array."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
