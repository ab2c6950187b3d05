from __future__ import annotations

from pathlib import Path

from emotion_perception.core.people.privacy import privacy_notice

PATH = Path("/home/robot/people.db")
HOW = {"command": "people forget NAME", "service": "/robot/face_identity/forget"}


def test_it_says_what_is_processed_where_it_is_kept_and_how_to_be_forgotten() -> None:
    notice = privacy_notice(PATH, **HOW, recognise=True, estimate=True, retention_days=30)
    for words in ("facial expression, age and gender are estimated", "pictures are not stored", "agreed", str(PATH),
                  "30 days", *HOW.values()):  # fmt: skip
        assert words in notice


def test_it_says_no_more_than_is_done() -> None:
    notice = privacy_notice(PATH, **HOW, recognise=False, estimate=False, retention_days=30)
    assert "facial expression is estimated" in notice
    assert "does not recognise anybody" in notice
    for words in ("age and", "gender", "30 days"):
        assert words not in notice
    for words in (str(PATH), *HOW.values()):  # of those who enrolled earlier
        assert words in notice


def test_it_says_when_there_is_no_end_to_remembering() -> None:
    notice = privacy_notice(PATH, **HOW, recognise=True, estimate=False, retention_days=0)
    assert "until they are forgotten" in notice
    assert "days" not in notice
