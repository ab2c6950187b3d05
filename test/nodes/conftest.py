"""Real graphs: every test has its own ROS domain, and waits for messages and not for time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image

from emotion_perception.ros.images import bgr_to_image
from emotion_perception.ros.messages import header_at, nanoseconds
from emotion_perception.ros.process import Graph

TIMEOUT = 15.0  # of liveness, generous: the machine may be busy
SECOND = 1_000_000_000


def in_executor(node: Node, work: Callable[[], Any]) -> None:
    """Do it in the thread that serves a node: rclpy's executor stumbles over what another one destroys meanwhile."""
    done = threading.Event()
    node.executor.create_task(lambda: (work(), done.set()))
    assert done.wait(TIMEOUT)


class Heard:
    """What came on a topic; `wait` blocks until enough of it came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.messages: list[Any] = []

    def __call__(self, message: Any) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self.messages)

    @property
    def stamps(self) -> list[int]:
        return [nanoseconds(message.header) for message in list(self.messages)]

    def wait(self, condition: Callable[[list[Any]], Any], timeout: float = TIMEOUT) -> list[Any]:
        """Return the messages once `condition(messages)` is true of them."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self.messages), timeout), (
                f"waited {timeout:g} s in vain; {len(self.messages)} messages came, the last: {self.messages[-1:]}"
            )
            return list(self.messages)

    def wait_stamp(self, stamp: int, timeout: float = TIMEOUT) -> Any:
        """Return the message with that stamp (ns)."""
        found = self.wait(lambda ms: any(nanoseconds(m.header) == stamp for m in ms), timeout)
        return next(message for message in found if nanoseconds(message.header) == stamp)


class Outsider(Node):
    """A node that knows nothing of ours: it listens, talks and calls services, as a user's would."""

    def __init__(self, *, name: str = "outsider", **options: Any) -> None:
        super().__init__(name, **options)
        self._asks: dict[tuple[type, str], Any] = {}

    def listen(self, kind: type, topic: str, qos: QoSProfile | int = 10) -> Heard:
        """Subscribe."""
        heard = Heard()
        self.create_subscription(kind, topic, heard, qos)
        return heard

    def talk(self, kind: type, topic: str, qos: QoSProfile | int = 10, *, listeners: int = 1) -> Any:
        """Return a publisher that `listeners` subscriptions are matched with."""
        publisher = self.create_publisher(kind, topic, qos)
        wait_until(lambda: publisher.get_subscription_count() >= listeners)
        return publisher

    def drop(self, entity: Any) -> None:
        """Destroy a publisher or a subscription."""
        in_executor(self, lambda: self.destroy_publisher(entity) or self.destroy_subscription(entity))

    def call(self, kind: type, service: str, request: Any) -> Any:
        """Call a service and return its response. A service has one client, as discovery is the slow part of a call."""
        client = self._asks.get((kind, service))
        if client is None:
            client = self._asks[kind, service] = self.create_client(kind, service)
        assert client.wait_for_service(TIMEOUT), f"there is no service {service}"
        done = threading.Event()
        future = client.call_async(request)
        future.add_done_callback(lambda _: done.set())
        assert done.wait(TIMEOUT), f"{service} did not answer"
        return future.result()


class Diagnoses(Heard):
    """The statuses of /diagnostics."""

    def __call__(self, message: DiagnosticArray) -> None:
        for status in message.status:
            super().__call__(status)

    def wait_for(self, node: str, text: str, timeout: float = TIMEOUT) -> DiagnosticStatus:
        """Return the first status of the node, from now on, whose message contains the text."""
        begin = len(self.messages)

        def found(statuses: Sequence[DiagnosticStatus]) -> list[DiagnosticStatus]:
            return [each for each in statuses[begin:] if each.name == node and text in each.message]

        return found(self.wait(found, timeout))[0]


def wait_until(condition: Callable[[], Any], timeout: float = TIMEOUT) -> None:
    """Wait for what has no event to wait for."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"waited {timeout:g} s in vain"
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def own_domain(domain: int) -> int:
    """Every test here runs on a domain of its own."""
    return domain


@pytest.fixture
def graph(domain: int) -> Iterator[Graph]:
    """An empty, running graph."""
    with Graph(["--ros-args", "--log-level", "warn"]) as made:
        yield made


@pytest.fixture
def start(graph: Graph) -> Callable[..., Any]:
    """start(FaceDetectorNode, max_faces=3) -> the node, active (or as far as it gets with `active=False`)."""

    def make(kind: Callable[..., Any], *, active: bool = True, cli_args: list[str] | None = None, **values: Any) -> Any:
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        node = graph.add(kind, parameter_overrides=overrides, cli_args=cli_args)
        if active:
            wait_until(lambda: node.active or node.failure)
            assert node.failure is None, node.failure
        return node

    return make


@pytest.fixture
def outsider(graph: Graph) -> Outsider:
    return graph.add(Outsider)


@pytest.fixture
def diagnoses(outsider: Outsider) -> Diagnoses:
    heard = Diagnoses()
    outsider.create_subscription(DiagnosticArray, "/diagnostics", heard, 10)
    return heard


@pytest.fixture
def close() -> Callable[[Node, Any], None]:
    """close(node, its_input_or_output)."""
    return lambda node, connection: in_executor(node, connection.close)


@pytest.fixture
def eventually() -> Callable[..., None]:
    """eventually(condition, timeout) waits for what has no event to wait for."""
    return wait_until


@pytest.fixture
def picture(asset: Callable[[str], Any]) -> Callable[[str], NDArray[np.uint8]]:
    """picture("single_face_picture") -> (H, W, 3) uint8 bgr8."""

    def read(name: str) -> NDArray[np.uint8]:
        image = cv2.imread(str(asset(name)))
        assert image is not None
        return np.asarray(image, np.uint8)

    return read


@pytest.fixture
def image_message() -> Callable[[NDArray[np.uint8], int], Image]:
    """image_message(picture, stamp in ns) -> a bgr8 message."""
    return lambda image, stamp: bgr_to_image(image, header_at(stamp, "eye"))
