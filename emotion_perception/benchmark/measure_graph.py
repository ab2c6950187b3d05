"""One run of the real graph on a clip: latency from the image to `/emotion`, frames lost, CPU and memory.

Camera and listener share this process, so that the moment of capture and the arrival of its emotion are read from one
clock; with ``apart`` every other node has a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.parameter import Parameter

from emotion_perception.benchmark.usage import CpuMeter, memory_bytes
from emotion_perception.core.errors import PerceptionError
from emotion_perception.msg import EmotionArray
from emotion_perception.nodes import node_class
from emotion_perception.ros.messages import nanoseconds
from emotion_perception.ros.process import Graph
from emotion_perception.ros.qos import RELIABLE
from emotion_perception.ros.receiver import receive

_START_TIMEOUT = 30.0
_DISCOVERY = 1.0  # seconds in which processes find each other; nothing tells an outsider that they have
_SILENCE = 10.0  # seconds without a result after which a run is given up
_LATENCY = "latency p50 (ms)"


@dataclass(frozen=True)
class GraphQuestion:
    """What to run.

    clip: path of a video, looped. nodes: those after the camera. frames: measured, after ``warm_up`` more.
    lossless: as fast as the graph takes them, two in flight; otherwise at the clip's own pace.
    started: steady seconds when the process was started.
    """

    clip: str
    nodes: tuple[str, ...]
    frames: int
    warm_up: int = 30
    lossless: bool = False
    apart: bool = False
    started: float = 0.0


@dataclass(frozen=True)
class GraphAnswer:
    """What was measured. Milliseconds; latency is from the image to the arrival of its emotion.

    stages: median over the seconds of the run of what each node reports of its own work (p50).
    faces: mean number of faces in an array. lost: images captured without an emotion. cores: CPU seconds per second.
    memory: bytes of all processes. first: seconds from the start of the process to the first emotion.
    """

    p50: float
    p99: float
    rate: float
    frames: int
    lost: int
    faces: float
    cores: float
    cpu_per_frame: float
    memory: int
    first: float
    stages: dict[str, float] = field(default_factory=dict)


class Listener(Node):
    """Notes when each emotion comes, and what the nodes say of their work."""

    def __init__(self, **options: Any) -> None:
        super().__init__("benchmark_listener", **options)
        self.changed = threading.Condition()
        self.arrived: dict[int, float] = {}
        self.faces: list[int] = []
        self.work: dict[str, list[float]] = {}
        self.active: set[str] = set()
        #: CPU seconds that listening itself has taken so far, which are none of the graph's.
        self.spent = 0.0
        # In a thread of its own: by the executor, listening would cost a tenth of what is measured.
        self._receiver = receive(self, EmotionArray, "emotion", self._take, RELIABLE)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._note_work, RELIABLE)

    def destroy_node(self) -> None:
        """End the thread and leave the graph."""
        self._receiver.close()
        super().destroy_node()

    def _take(self, message: EmotionArray) -> None:
        now = time.monotonic()
        with self.changed:
            self.arrived[nanoseconds(message.header)] = now
            self.faces.append(len(message.emotions))
            self.spent = time.thread_time()
            self.changed.notify_all()

    def _note_work(self, message: DiagnosticArray) -> None:
        for status in message.status:
            for each in status.values:
                if (each.key, each.value) == ("state", "active"):
                    self.active.add(status.name)
                if each.key == _LATENCY:
                    self.work.setdefault(status.name, []).append(float(each.value))


def measure(question: GraphQuestion) -> GraphAnswer:
    """Run the graph once. PerceptionError when a node fails or no emotion comes."""
    with Graph(["--ros-args", "--log-level", "error"]) as graph:
        captured: dict[int, float] = {}
        listener = graph.add(Listener)
        lossless = [Parameter("lossless", value=question.lossless)]
        with contextlib.ExitStack() as stack:
            pids = [os.getpid()]
            if question.apart:
                pids += stack.enter_context(_processes(question.nodes, lossless=question.lossless))
                _wait(lambda: listener.active >= set(question.nodes), graph)
                graph.done.wait(_DISCOVERY)
            else:
                for name in question.nodes:
                    kind = node_class(name)
                    takes = "lossless" in kind.PARAMETERS.__dataclass_fields__
                    node = graph.add(kind, parameter_overrides=lossless if takes else [])
                    _wait(lambda node=node: node.active or node.failure, graph)
            camera = node_class("camera")
            source = [Parameter("source", value=f"file:{question.clip}"), Parameter("loop", value=True)]
            camera = graph.add(_noting(camera, captured), parameter_overrides=[*source, *lossless])
            return _watch(question, listener, captured, CpuMeter(pids), graph)


def _watch(
    question: GraphQuestion, listener: Listener, captured: dict[int, float], meter: CpuMeter, graph: Graph
) -> GraphAnswer:
    _await_results(listener, 1, graph)
    first = min(listener.arrived.values()) - question.started
    _await_results(listener, question.warm_up, graph)
    with listener.changed:
        known, last_before, own = len(listener.arrived), max(listener.arrived), listener.spent
        listener.work.clear()
    meter.start()
    begin = time.monotonic()
    _await_results(listener, known + question.frames, graph)
    took = time.monotonic() - begin
    spent, passed = meter.stop()
    spent -= listener.spent - own
    memory = memory_bytes(meter.pids)
    with listener.changed:
        arrived, faces = dict(listener.arrived), list(listener.faces)
    last = max(arrived)
    measured = [stamp for stamp in arrived if last_before < stamp <= last]
    latencies = 1e3 * np.array([arrived[stamp] - captured[stamp] for stamp in measured])
    lost = [stamp for stamp in list(captured) if last_before < stamp < last and stamp not in arrived]
    return GraphAnswer(
        p50=float(np.percentile(latencies, 50)),
        p99=float(np.percentile(latencies, 99)),
        rate=len(measured) / took,
        frames=len(measured),
        lost=len(lost),
        faces=float(np.mean(faces[known:])),
        cores=spent / passed,
        cpu_per_frame=1e3 * spent / len(measured),
        memory=memory,
        first=first,
        stages={name: float(np.median(values)) for name, values in list(listener.work.items())},
    )


def _noting(camera: type, captured: dict[int, float]) -> Any:
    """The camera, but it remembers every capture and not just the latest hundred."""

    class NotingCamera(camera):
        def _note_capture(self, frame: Any, stamp: int) -> None:
            super()._note_capture(frame, stamp)
            captured[stamp] = self.captured_at(stamp)

    return NotingCamera


@contextlib.contextmanager
def _processes(nodes: Sequence[str], *, lossless: bool) -> Iterator[list[int]]:
    """Each node in a process of its own, as `ros2 run` starts it."""
    started = []
    try:
        for name in nodes:
            program = f"import sys; from emotion_perception.nodes.{name} import main; sys.exit(main())"
            command = [sys.executable, "-c", program, "--ros-args", "--log-level", "error"]
            if "lossless" in node_class(name).PARAMETERS.__dataclass_fields__:
                command += ["-p", f"lossless:={str(lossless).lower()}"]
            started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.send_signal(signal.SIGINT)
        for process in started:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_results(listener: Listener, count: int, graph: Graph) -> None:
    """Wait until ``count`` results came. PerceptionError when they cease to come or a node fails."""
    while (known := len(listener.arrived)) < count:
        timeout = _SILENCE if known else _START_TIMEOUT
        with listener.changed:
            more = listener.changed.wait_for(partial(_goes_on, listener, known, graph), timeout)
        if graph.done.is_set():
            raise PerceptionError(graph.failed or f"it was interrupted after {known} emotions")
        if graph.failed or not more:
            raise PerceptionError(graph.failed or f"no emotion came for {timeout:g} s; {known} came before")


def _goes_on(listener: Listener, known: int, graph: Graph) -> bool:
    return len(listener.arrived) > known or graph.done.is_set()


def _wait(condition: Any, graph: Graph) -> None:
    end = time.monotonic() + _START_TIMEOUT
    while not condition() and not graph.done.wait(0.005):
        if time.monotonic() > end:
            raise PerceptionError(graph.failed or f"a node did not start within {_START_TIMEOUT:g} s")


def main() -> int:
    """Answer the question on the command line."""
    asked = json.loads(sys.argv[1])
    print(json.dumps(asdict(measure(GraphQuestion(**{**asked, "nodes": tuple(asked["nodes"])})))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
