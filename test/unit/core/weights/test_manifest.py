from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from emotion_perception.core import paths
from emotion_perception.core.errors import ModelError
from emotion_perception.core.weights import default_store, read_manifest

SHIPPED = paths.share_dir() / "models" / "manifest.yaml"


def test_every_shipped_entry_is_complete() -> None:
    assets = read_manifest(SHIPPED).assets
    assert len({asset.file_name for asset in assets}) == len(assets)
    for asset in assets:
        assert re.fullmatch("[0-9a-f]{64}", asset.sha256), asset.name
        assert re.fullmatch("[0-9a-f]{64}", asset.package.sha256), asset.package.name
        assert asset.package.wheel.endswith(".whl")
        assert asset.package.version in asset.package.wheel
        assert asset.size > 0
        assert asset.licence
        assert asset.about


def test_the_pulled_files_are_those_of_the_manifest() -> None:
    assert {state for _, state in default_store().verify()} == {"ok"}


def test_a_file_is_called_by_its_name_with_the_suffix_it_has_in_the_wheel() -> None:
    (asset,) = read_manifest(SHIPPED).select(["demo_clip"])
    assert asset.file_name == "demo_clip.mp4"


def test_a_collection_is_called_by_its_name_as_a_zip_file() -> None:
    (asset,) = read_manifest(SHIPPED).select(["orl_faces"])
    assert asset.file_name == "orl_faces.zip"


def test_select_keeps_the_order_asked_for_and_drops_repetitions() -> None:
    names = ["single_face_clip", "blazeface_back", "single_face_clip"]
    assert [asset.name for asset in read_manifest(SHIPPED).select(names)] == ["single_face_clip", "blazeface_back"]


def test_select_without_names_is_everything() -> None:
    manifest = read_manifest(SHIPPED)
    assert manifest.select([]) == list(manifest.assets)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r'no model file is called "blazface": choose from .*blazeface_back'):
        read_manifest(SHIPPED).select(["blazface"])


@pytest.mark.parametrize(
    ("key", "value"), [("kind", "film"), ("sha256", 5), ("size", "big"), ("package", "elsewhere"), ("colour", "red")]
)
def test_a_wrong_entry_is_named(tmp_path: Path, key: str, value: object) -> None:
    document = yaml.safe_load(SHIPPED.read_text())
    document["assets"]["demo_clip"][key] = value
    path = tmp_path / "manifest.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(ModelError, match=rf"{path} is not a list of model files .*({key}|{value}).*install"):
        read_manifest(path)


@pytest.mark.parametrize("text", ["", "assets: [", "- a\n- b\n", "packages: {}\n"])
def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(text)
    with pytest.raises(ModelError, match="is not a list of model files"):
        read_manifest(path)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"manifest\.yaml cannot be read \(No such file or directory\)"):
        read_manifest(tmp_path / "manifest.yaml")
