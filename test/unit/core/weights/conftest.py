from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_perception.core.weights import Asset, Manifest, Package, Store

CONTENT = {"tiny": b"weights " * 1000, "clip": b"frames " * 500}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for the only package index there is, with one real wheel in it."""
    folder = tmp_path / "index"
    folder.mkdir()
    info = "tiny_models-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny_models-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_models/tiny.tflite", CONTENT["tiny"])
        wheel.writestr("tiny_models/clip.mp4", CONTENT["clip"])
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-models\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def wheel(index: Path) -> Path:
    return index / "tiny_models-1.0-py3-none-any.whl"


@pytest.fixture
def make_store(tmp_path: Path, wheel: Path) -> Callable[..., Store]:
    """make_store() -> an empty store over a manifest of that wheel; keywords replace fields of its package."""

    def make(**changes: str | int) -> Store:
        fields: dict[str, str | int] = {
            "name": "tiny-models",
            "version": "1.0",
            "wheel": wheel.name,
            "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "size": wheel.stat().st_size,
            "licence": "MIT",
        }
        package = Package(**{**fields, **changes})  # type: ignore[arg-type]
        assets = []
        for name, kind, member in (("tiny", "weight", "tiny.tflite"), ("clip", "clip", "clip.mp4")):
            content = CONTENT[name]
            digest = hashlib.sha256(content).hexdigest()
            assets.append(
                Asset(name, kind, package, f"tiny_models/{member}", digest, len(content), "MIT", "for a test")
            )
        return Store(Manifest(tuple(assets)), tmp_path / "cache" / "models")

    return make


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    return make_store()


@pytest.fixture
def filled(store: Store) -> Store:
    """The store with all its files in place."""
    store.folder.mkdir(parents=True)
    for asset in store.manifest.assets:
        store.path(asset).write_bytes(CONTENT[asset.name])
    return store
