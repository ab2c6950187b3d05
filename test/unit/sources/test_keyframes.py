from __future__ import annotations

import pytest

from emotion_perception.sources.keyframes import KeyframeGate


@pytest.mark.parametrize(
    ("pictures", "admitted"),
    [
        ("K d d K d", "11111"),
        ("d d K d", "0011"),
        # a gap (!) shuts until a key frame that it cannot have touched
        ("K d !d d K d", "110011"),
        ("K !d K d K d", "100011"),
        ("K d !K d d K", "110001"),
        ("K d !K K d", "11000"),
        ("K !d !d K d K", "100001"),
        ("!K d K d", "0011"),
        # so does one that comes too late (~), until a key frame in time; no gap touches that one
        ("K d ~d d K d", "110011"),
        ("K ~d ~K d d K", "100001"),
    ],
)
def test_after_a_gap_or_a_late_picture_only_a_sound_key_frame_opens(pictures: str, admitted: str) -> None:
    gate = KeyframeGate()
    passed = [gate.admit(discont="!" in each, key="K" in each, late="~" in each) for each in pictures.split()]
    assert "".join("01"[each] for each in passed) == admitted
    assert gate.dropped == admitted.count("0")
