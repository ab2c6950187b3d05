"""Runs our nodes on the pictures of a bag, in this process, without losing a frame, and keeps what they say."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rclpy.node import Node
from rclpy.serialization import deserialize_message

from emotion_perception.bags.canonical import canonical
from emotion_perception.bags.observation import Frame, Seen
from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.selection import Choice
from emotion_perception.cli import parameters
from emotion_perception.cli.replay.player import Player
from emotion_perception.cli.replay.session import close_with
from emotion_perception.core.errors import PerceptionError
from emotion_perception.msg import EmotionArray, IdentityArray
from emotion_perception.nodes import node_class
from emotion_perception.ros.flow import FlowControl
from emotion_perception.ros.messages import nanoseconds
from emotion_perception.ros.process import Graph
from emotion_perception.ros.qos import RELIABLE

_START = 20.0  # seconds until every node is active
_EMOTION = "emotion_perception/msg/EmotionArray"
_NODES = ("emotion_classifier", "face_identity", "face_detector")  # from the end of the flow to its begin


@dataclass(frozen=True)
class Observed:
    """What came out.

    model: its name and version. frames: in the order of the bag. serialized: each EmotionArray, canonical, so that two
    runs can be compared bit for bit.
    emotions, names: by stamp (ns) the array, and by stamp the names by track.
    """

    model: str
    frames: list[Frame]
    serialized: list[bytes]
    emotions: dict[int, EmotionArray]
    names: dict[int, dict[str, str]]


def observe(
    bag: BagReader,
    image: Choice,
    files: Sequence[Path] = (),
    values: Sequence[tuple[str, str, Any]] = (),
    *,
    identity: bool = True,
) -> Observed:
    """Play the image topic of a bag through detector, classifier and identity, and return what they published.

    files, values: parameters, as of `run`. It works in a namespace of its own, so that a robot that runs meanwhile
    neither hears nor disturbs it. It knows nobody unless they name a file of people, so that the outcome depends on the
    bag alone. Raises PerceptionError when a node fails, or a picture cannot be taken.
    """
    names = [name for name in _NODES if identity or name != "face_identity"]
    given = [*values, *((name, "lossless", True) for name in names)]
    for path in files:
        parameters.check_file(path)
    for node, name, value in given:
        parameters.check_assignment(node, name, value, where="--param")
    namespace = f"/replay_{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="emotion_perception_") as scratch:
        overrides = Path(scratch, "overrides.yaml")
        if not parameters.assigned("face_identity", "people", files, values):
            given.append(("face_identity", "people", str(Path(scratch, "people.db"))))
        parameters.write_file(overrides, given)
        arguments = ["--ros-args", "--log-level", "warn", "-r", f"__ns:={namespace}"]
        for path in [*files, overrides]:
            arguments += ["--params-file", str(path)]
        with Graph(arguments, fail_fast=True) as graph:
            return _Run(graph, bag, image, names, f"{namespace}/image_raw").observe()


class _Ears(Node):
    """Keeps what the last stages publish, and tells the flow control."""

    def __init__(self, *, flow: FlowControl, identity: bool, **options: Any) -> None:
        super().__init__("replay_check", enable_rosout=False, start_parameter_services=False, **options)
        self._flow = flow
        self.emotions: dict[int, tuple[bytes, EmotionArray]] = {}
        self.names: dict[int, dict[str, str]] = {}
        self.create_subscription(EmotionArray, "emotion", self._take_emotion, RELIABLE, raw=True)
        if identity:
            self.create_subscription(IdentityArray, "identities", self._take_identities, RELIABLE)

    def _take_emotion(self, data: bytes) -> None:
        message = deserialize_message(data, EmotionArray)
        stamp = nanoseconds(message.header)
        self.emotions[stamp] = bytes(data), message
        self._flow.finished("emotion", stamp)

    def _take_identities(self, message: IdentityArray) -> None:
        stamp = nanoseconds(message.header)
        self.names[stamp] = {each.face_id: each.name for each in message.identities}
        self._flow.finished("identities", stamp)


class _Run:
    def __init__(self, graph: Graph, bag: BagReader, image: Choice, names: Sequence[str], target: str) -> None:
        self._graph = graph
        self._bag = bag
        self._image = image
        self._names = names
        self._target = target

    def observe(self) -> Observed:
        graph, identity = self._graph, "face_identity" in self._names
        flow = FlowControl(["emotion", "identities"] if identity else ["emotion"], timeout=30.0)
        ears: _Ears = graph.add(_Ears, flow=flow, identity=identity)
        nodes = [graph.add(node_class(name)) for name in self._names]
        self._wait_until(lambda: all(node.active for node in nodes))
        player: Player = graph.add(
            Player, bag=self._bag, choices=[self._image], rules={self._image.name: self._target}, clock=False
        )
        self._wait_until(lambda: player.watched)
        threading.Thread(target=close_with, args=(graph, flow), name="watch", daemon=True).start()
        player.play_lossless(flow)
        if graph.failed or graph.done.is_set():
            raise PerceptionError(graph.failed or "stopped before the end of the bag: nothing was compared")
        return _observed(ears)

    def _wait_until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + _START
        while not condition() and not self._graph.done.wait(0.02):
            if time.monotonic() > end:
                raise PerceptionError(f"the nodes did not start within {_START:g} s: `emotion-perception doctor` helps")


def _observed(ears: _Ears) -> Observed:
    arrays = {stamp: message for stamp, (_, message) in sorted(ears.emotions.items())}
    first = next(iter(arrays), 0)
    frames = [
        Frame(
            1e-9 * (stamp - first),
            stamp,
            tuple(
                Seen(each.face_id, each.label, ears.names.get(stamp, {}).get(each.face_id, ""))
                for each in array.emotions
            ),
        )
        for stamp, array in arrays.items()
    ]
    model = next((array.model for array in arrays.values()), "")
    serialized = [canonical(data, _EMOTION) for _, (data, _) in sorted(ears.emotions.items())]
    return Observed(model, frames, serialized, arrays, ears.names)
