from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from emotion_perception.msg import FaceArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image

from emotion_perception.nodes import NODES, node_class
from emotion_perception.ros.process import Graph

CYCLES = 20
TRANSITIONS = (
    Transition.TRANSITION_CONFIGURE,
    Transition.TRANSITION_ACTIVATE,
    Transition.TRANSITION_DEACTIVATE,
    Transition.TRANSITION_CLEANUP,
)


@pytest.fixture
def change(outsider: Any) -> Callable[[str, int], bool]:
    """change("camera", Transition.TRANSITION_CONFIGURE) -> whether the node went there, as a lifecycle manager asks."""

    def call(node: str, transition: int) -> bool:
        request = ChangeState.Request(transition=Transition(id=transition))
        return bool(outsider.call(ChangeState, f"{node}/change_state", request).success)

    return call


def resources() -> tuple[int, int, int]:
    """Threads of Python, threads of all, open files."""
    gc.collect()
    process = psutil.Process()
    return threading.active_count(), process.num_threads(), process.num_fds()


@pytest.mark.parametrize("name", NODES)
def test_a_node_goes_round_its_lifecycle_again_and_again_and_leaves_nothing_behind(
    name: str, start: Callable[..., Any], change: Callable[[str, int], bool]
) -> None:
    options = {"source": "synthetic:"} if name == "camera" else {}
    node = start(node_class(name), active=False, autostart=False, **options)

    def cycle() -> None:
        for transition in TRANSITIONS:
            assert change(name, transition), node.failure

    for _ in range(5):  # what is loaded once, and allocators, settle
        cycle()
    before, memory = resources(), psutil.Process().memory_info().rss
    for _ in range(CYCLES - 5):
        cycle()

    after = resources()
    assert all(late <= early for early, late in zip(before, after, strict=True)), (before, after)
    assert psutil.Process().memory_info().rss - memory < 8e6
    assert [each.topic_name for each in node.publishers if "image" in each.topic_name] == []
    assert [each.topic_name for each in node.subscriptions if "image" in each.topic_name] == []


def test_a_transition_that_the_state_has_not_is_refused_and_harms_nobody(
    start: Callable[..., Any], change: Callable[[str, int], bool], graph: Graph
) -> None:
    node = start(node_class("emotion_classifier"))
    assert not change("emotion_classifier", Transition.TRANSITION_ACTIVATE)
    assert not change("emotion_classifier", 250)
    assert node.active
    assert graph.failed is None
    assert change("emotion_classifier", Transition.TRANSITION_DEACTIVATE)


def test_without_autostart_a_node_waits_for_a_lifecycle_manager(
    start: Callable[..., Any], change: Callable[[str, int], bool], outsider: Any, diagnoses: Any
) -> None:
    node = start(node_class("emotion_classifier"), active=False, autostart=False)
    status = diagnoses.wait_for("emotion_classifier", "OK")
    assert next(value.value for value in status.values if value.key == "state") == "unconfigured"
    assert not node.active
    assert outsider.call(GetState, "emotion_classifier/get_state", GetState.Request()).current_state.label == (
        "unconfigured"
    )

    assert change("emotion_classifier", Transition.TRANSITION_CONFIGURE)
    assert change("emotion_classifier", Transition.TRANSITION_ACTIVATE)

    assert node.active


def test_a_parameter_out_of_range_fails_configure_in_a_sentence_everywhere(
    graph: Graph, start: Callable[..., Any], diagnoses: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    start(node_class("face_detector"), active=False, max_faces=0)

    said = "parameter max_faces is 0, which is out of range: give 1 to 1000 (default: 20)"
    status = diagnoses.wait_for("face_detector", said)
    assert status.level == b"\2"
    assert graph.failed == f"face_detector: {said}"
    assert not graph.done.is_set(), "without fail_fast the other nodes go on"
    logged = capfd.readouterr().err
    assert logged.count(said) == 1
    assert "Traceback" not in logged


def test_a_parameter_of_another_type_is_told_the_same_way(graph: Graph, start: Callable[..., Any]) -> None:
    node = start(node_class("camera"), active=False, framerate="fast", autostart=False)
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert graph.failed == (
        "camera: parameter framerate is 'fast', which is not a number: give 0.01 to 1000.0 (default: 30.0)"
    )


def test_lossless_with_a_detection_rate_is_refused(graph: Graph, start: Callable[..., Any]) -> None:
    node = start(node_class("face_detector"), active=False, autostart=False, lossless=True, detection_rate=5.0)
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert "lossless takes every image, and detection_rate does not" in str(graph.failed)


def test_a_failed_node_is_configured_again_once_the_parameter_is_right(
    start: Callable[..., Any], change: Callable[[str, int], bool], diagnoses: Any
) -> None:
    node = start(node_class("face_detector"), active=False, autostart=False, max_faces=0)
    assert not change("face_detector", Transition.TRANSITION_CONFIGURE)
    diagnoses.wait_for("face_detector", "max_faces is 0")

    (result,) = node.set_parameters([Parameter("max_faces", value=5)])
    assert result.successful
    assert change("face_detector", Transition.TRANSITION_CONFIGURE)
    assert change("face_detector", Transition.TRANSITION_ACTIVATE)

    diagnoses.wait_for("face_detector", "OK")
    assert node.failure is None


def test_a_failed_activation_takes_back_what_it_began(start: Callable[..., Any], monkeypatch: Any) -> None:
    kind = node_class("face_detector")
    node = start(kind, active=False, autostart=False)
    node.trigger_configure()
    before = threading.active_count()
    original = node.input

    def break_off(*args: Any, **options: Any) -> None:
        original(*args, **options)
        raise RuntimeError("no more subscriptions")

    monkeypatch.setattr(node, "input", break_off)
    assert node.trigger_activate() == TransitionCallbackReturn.FAILURE
    assert "activate failed (RuntimeError: no more subscriptions)" in node.failure
    assert threading.active_count() == before
    assert not [each for each in node.subscriptions if "image" in each.topic_name]

    monkeypatch.undo()
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS


def test_a_failure_ends_the_graph_when_it_shall(domain: int) -> None:
    with Graph(fail_fast=True) as graph:
        graph.add(node_class("overlay"), parameter_overrides=[Parameter("join_timeout", value=-1.0)])
        assert graph.done.wait(15)
        assert graph.failed is not None
        assert "join_timeout is -1.0" in graph.failed


def test_a_crashed_callback_ends_the_graph_and_is_named(domain: int) -> None:
    with Graph() as graph:
        node = graph.add(node_class("overlay"))
        caught = []
        original, threading.excepthook = threading.excepthook, caught.append
        try:
            node.create_timer(0.01, lambda: 1 / 0)
            assert graph.done.wait(15)
            graph._thread.join(15)
        finally:
            threading.excepthook = original
        assert graph.failed == "a callback failed (ZeroDivisionError: division by zero)"


def test_a_bad_model_path_is_told_with_the_path(graph: Graph, start: Callable[..., Any], tmp_path: Path) -> None:
    node = start(node_class("emotion_classifier"), active=False, autostart=False, model=str(tmp_path / "none.yaml"))
    node.trigger_configure()
    assert graph.failed is not None
    assert "none.yaml" in graph.failed
    assert "Error" not in graph.failed


def test_no_face_id_is_used_twice_over_a_reactivation(
    start: Callable[..., Any],
    outsider: Any,
    change: Callable[[str, int], bool],
    picture: Callable[[str], Any],
    image_message: Callable[..., Image],
) -> None:
    start(node_class("face_detector"))
    faces = outsider.listen(FaceArray, "faces")
    image = picture("single_face_picture")
    ids = []
    for turn in range(2):
        images = outsider.talk(Image, "image_raw")
        count = len(faces)
        stamp = 10**9 * (turn + 1)

        def see(images: Any = images, stamp: int = stamp) -> int:
            for step in range(5):  # a face is reported once it was seen a few times
                images.publish(image_message(image, stamp + step * 33_000_000))
                faces.wait_stamp(stamp + step * 33_000_000)
            return stamp

        see()
        ids.append({face.id for message in faces.messages[count:] for face in message.faces})
        outsider.drop(images)
        if turn == 0:
            assert change("face_detector", Transition.TRANSITION_DEACTIVATE)
            assert change("face_detector", Transition.TRANSITION_CLEANUP)
            assert change("face_detector", Transition.TRANSITION_CONFIGURE)
            assert change("face_detector", Transition.TRANSITION_ACTIVATE)
    assert ids[0]
    assert ids[1]
    assert not ids[0] & ids[1]
