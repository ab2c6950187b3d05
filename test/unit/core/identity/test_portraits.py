from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emotion_perception.core import weights
from emotion_perception.core.errors import ModelError
from emotion_perception.core.identity.portraits import ASSET, PEOPLE, PICTURES, portrait


def test_a_portrait_is_a_picture_in_a_grey_frame() -> None:
    image = portrait(40, 10)
    assert image.shape == (224, 224, 3)
    assert image.dtype == np.uint8
    assert (image[:56] == 128).all()
    assert image[56:168, 66:158].std() > 20


def test_all_are_there_and_different() -> None:
    assert (len(PEOPLE), len(PICTURES)) == (40, 10)
    ends = (PICTURES[0], PICTURES[-1])
    assert len({portrait(person, picture).tobytes() for person in PEOPLE for picture in ends}) == 80


def test_without_them_it_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelError, match=rf"collection {ASSET} is missing .*`emotion-perception models pull {ASSET}`"):
        portrait(1, 1)


def test_a_damaged_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = weights.locate(ASSET).stat().st_size
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = weights.default_store().folder / f"{ASSET}.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(size))
    with pytest.raises(ModelError, match=rf"{path} is damaged: run `emotion-perception models pull {ASSET}`"):
        portrait(1, 1)
