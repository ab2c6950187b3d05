from __future__ import annotations

import pytest

from emotion_perception.core.errors import ParameterError
from emotion_perception.sources.camera_controls import CameraControls


def test_nothing_is_asked_by_default() -> None:
    assert CameraControls().asked() == {}


def test_a_value_switches_its_automatic_off_first() -> None:
    asked = CameraControls(focus=10, exposure=300, brightness=0).asked()
    assert list(asked.items()) == [
        ("brightness", 0),
        ("autoexposure", 0),
        ("exposure", 300),
        ("autofocus", 0),
        ("focus", 10),
    ]
    assert CameraControls(autoexposure=1, auto_white_balance=0).asked() == {"auto_white_balance": 0, "autoexposure": 1}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"brightness": -2}, "brightness is -2: give 0 or more, or -1 to leave it alone"),
        ({"autofocus": 2}, "autofocus is 2: give 0, 1, or -1 to leave it alone"),
        (
            {"exposure": 300, "autoexposure": 1},
            "exposure is 300 and autoexposure is 1, which would set it by itself: set autoexposure to 0, or exposure "
            "to -1",
        ),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, int], sentence: str) -> None:
    with pytest.raises(ParameterError) as error:
        CameraControls(**values)
    assert str(error.value) == sentence
