from __future__ import annotations

from emotion_perception.benchmark.speech import RATIOS, SITUATIONS, EngineResult, Results, Score
from emotion_perception.benchmark.speech_report import speech_page


def test_the_page_has_every_engine_situation_and_what_is_missing() -> None:
    scores = {(each.name, ratio): Score(3, 4, 1, 5) for each in SITUATIONS for ratio in RATIOS}
    results = Results(
        [EngineResult("an engine", scores, 0.75, 0.123)], {"espeak": 0.004}, ["joe"], ["vosk: pip install vosk"]
    )
    page = speech_page(results, command="benchmark --speech")
    assert page.count("3 of 4 | 1 of 5") == len(SITUATIONS) * len(RATIOS)
    assert "| an engine | 0.75 | 0.123 |" in page
    assert "| espeak | 0.004 |" in page
    assert "* vosk: pip install vosk" in page
    widths = [line.count("|") for line in page.splitlines() if line.startswith("|")]
    assert widths == [7] * (2 + len(SITUATIONS)) + [4] * 3 + [3] * 3
