from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from emotion_perception.core.drawing import text
from emotion_perception.core.drawing.text import drawable, fit_text, line_height, text_mask, text_width

matplotlib = importlib.util.find_spec("matplotlib")
assert matplotlib
assert matplotlib.origin
FONTS = Path(matplotlib.origin).parent / "mpl-data/fonts/ttf"


def forget_fonts() -> None:
    for function in (text._further_fonts, text._font_with, text.text_mask, text.fit_text):
        function.cache_clear()


@pytest.mark.parametrize("name", ["Ada", "Zoë", "Ελένη", "Дмитро", "Đặng Thị", "שלום", "مرحبا"])
def test_names_in_many_scripts_are_drawn_whole(name: str) -> None:
    assert drawable(name) == name
    assert text_mask(name, 16).max() > 200


def test_what_no_font_has_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_fonts()
    monkeypatch.setattr(text, "_SYSTEM_FONTS", ())
    assert drawable("王小明") == ""
    assert drawable("Zoë 王\n明 X") == "Zoë X"
    assert text_width("王小明", 16) == 0
    forget_fonts()


def test_a_further_font_fills_in(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_fonts()
    monkeypatch.setattr(text, "_SYSTEM_FONTS", (FONTS,))
    monkeypatch.setattr(text, "_CJK_FONTS", ("STIXGeneral.ttf",))
    assert drawable("ab\u210ac") == "ab\u210ac"  # script small g, which DejaVu lacks
    assert text_width("ab\u210ac", 16) > text_width("abc", 16)
    forget_fonts()


def test_lines_of_one_size_are_equally_high_and_nothing_is_cut_off() -> None:
    masks = [text_mask(word, 20) for word in ("ace", "Äpfel", "jgy", "")]
    assert {mask.shape[0] for mask in masks} == {line_height(20)}
    assert all(mask[0].max(initial=0) == 0 for mask in masks[:1])
    whole = text_mask("W", 40)
    assert np.count_nonzero(whole.max(axis=0)) == pytest.approx(text_width("W", 40), abs=4)


def test_bold_is_heavier() -> None:
    assert text_mask("sad", 16, bold=True).sum() > 1.2 * text_mask("sad", 16).sum()


def test_masks_are_shared_and_therefore_protected() -> None:
    mask = text_mask("sad", 16)
    assert mask is text_mask("sad", 16)
    with pytest.raises(ValueError, match="read-only"):
        mask[0] = 0


def test_text_is_shortened_to_fit() -> None:
    name = "Wolfgang Amadeus"
    assert fit_text(name, 16, 1000) == name
    for width in (40, 80, 120):
        shorter = fit_text(name, 16, width)
        assert shorter.endswith("…")
        assert name.startswith(shorter[:-1])
        assert text_width(shorter, 16) <= width
    assert fit_text(name, 16, 3) == ""
    assert fit_text(name, 16, -5) == ""
