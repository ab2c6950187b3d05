"""A recording of the demo clip through the real graph, replayed through the real graph: the same, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from emotion_perception.bags.canonical import canonical
from emotion_perception.bags.comparison import compare
from emotion_perception.bags.observation import read_golden, summarise, write_golden
from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.selection import choose, only_image
from emotion_perception.bags.topic import default_topics
from emotion_perception.bags.writing import BagWriter
from emotion_perception.cli.main import main
from emotion_perception.cli.record.recorder import Recorder
from emotion_perception.cli.record.sink import Sink
from emotion_perception.cli.replay.observer import observe
from emotion_perception.nodes.camera import CameraNode
from emotion_perception.nodes.emotion_classifier import EmotionClassifierNode
from emotion_perception.nodes.face_detector import FaceDetectorNode
from emotion_perception.nodes.face_identity import FaceIdentityNode
from emotion_perception.ros.process import Graph

GOLDEN = Path(__file__).with_name("golden") / "demo_clip.yaml"
FRAMES = 472
TOPICS = ("/image_raw/compressed", "/camera_info", "/emotion", "/identities")
LIVENESS = 90.0


@pytest.fixture
def recorded(
    graph: Graph,
    start: Callable[..., Any],
    eventually: Callable[..., None],
    asset: Callable[[str], Path],
    tmp_path: Path,
) -> Path:
    """A bag of the whole clip with JPEG images, on which the detector worked too, and the /emotion they gave."""
    people = str(tmp_path / "people.db")
    start(FaceDetectorNode, lossless=True, image_transport="compressed")
    start(EmotionClassifierNode, lossless=True)
    start(FaceIdentityNode, lossless=True, people=people)
    sink = Sink(partial(BagWriter, tmp_path / "demo"), failed=graph.stop)
    recorder = graph.add(Recorder, choose=lambda published: default_topics(published), sink=sink)
    camera = start(CameraNode, active=False, autostart=False, lossless=True, source=f"file:{asset('demo_clip')}")
    camera.trigger_configure()  # its topics are there, and recorded, before its first picture
    eventually(lambda: {"/image_raw/compressed", "/emotion", "/identities"} <= set(recorder.topics))
    eventually(lambda: camera._compressed.subscribers == 2)
    camera.trigger_activate()
    eventually(lambda: camera.ended, LIVENESS)
    assert camera.aborted is None
    eventually(lambda: {sink.counts[name] for name in TOPICS} == {FRAMES})
    assert recorder.lost == {}
    sink.close()
    return tmp_path / "demo"


def test_same_bag_same_emotion_bit_for_bit_and_as_the_golden_file_says(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = [("face_identity", "people", str(tmp_path / "people.db"))]
    with BagReader(recorded) as bag:
        before = [canonical(message.data, message.topic.kind) for message in bag.messages(["/emotion"])]
        seen = observe(bag, only_image(bag, choose(bag, inputs=True, transport="raw")), (), people)
    assert len(before) == len(seen.serialized) == FRAMES
    assert seen.serialized == before

    found = compare(read_golden(GOLDEN), seen.model, seen.frames)
    assert found.passed, "\n".join(map(str, [*found.problems, *found.differences]))

    # The command says the same, and draws what another golden file says otherwise.
    golden = summarise(seen.model, seen.frames)
    spoilt = tmp_path / "spoilt.yaml"
    write_golden(spoilt, golden)
    spoilt.write_text(spoilt.read_text().replace("happy", "sad"))
    arguments = ["replay", str(recorded), "--check", str(spoilt), "--no-identity", "--pictures", str(tmp_path / "seen")]
    assert main(arguments) == 1
    said = capsys.readouterr().out
    assert 'label is "happy", was "sad"' in said
    assert "FAILED" in said
    assert list((tmp_path / "seen").glob("*.jpg"))
    assert main([*arguments, "--update"]) == 0
    assert "happy" in spoilt.read_text()
