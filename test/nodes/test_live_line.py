"""What `emotion-perception run` prints, and that listening for it costs the executor nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from emotion_perception.msg import Emotion, EmotionArray, Identity, IdentityArray

from emotion_perception.cli.live_line import LiveLine
from emotion_perception.ros.messages import header_at
from emotion_perception.ros.process import Graph
from emotion_perception.ros.qos import RELIABLE


def test_emotions_and_names_come_while_the_executor_is_busy(
    graph: Graph, outsider: Any, eventually: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    line = graph.add(LiveLine, captured_at=lambda stamp: None)
    emotions = outsider.talk(EmotionArray, "emotion", RELIABLE)
    names = outsider.talk(IdentityArray, "identities", RELIABLE)
    blocked, go_on = threading.Event(), threading.Event()
    line.create_timer(0.01, lambda: (blocked.set(), go_on.wait(15)))
    assert blocked.wait(15)
    names.publish(IdentityArray(identities=[Identity(face_id="f1", name="Ada")]))
    emotions.publish(
        EmotionArray(header=header_at(7, "camera"), emotions=[Emotion(face_id="f1", label="happy", confidence=0.5)])
    )
    eventually(lambda: line.newest_stamp == 7)
    go_on.set()
    printed: list[str] = []
    eventually(lambda: printed.append(capsys.readouterr().out) or "Ada happy 50 %" in "".join(printed))


def test_its_threads_end_with_it(graph: Graph) -> None:
    line = graph.add(LiveLine, captured_at=lambda stamp: None)
    assert any(thread.name == "receive /identities" for thread in threading.enumerate())
    line.destroy_node()
    assert not any(thread.name.startswith("receive /") for thread in threading.enumerate())
