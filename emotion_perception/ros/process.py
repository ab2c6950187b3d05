"""Nodes in a process: one single-threaded executor in a thread of its own, signals in the main thread.

rclpy's wait is deaf to Python's signal handlers, so the main thread stays out of it and waits for an event instead.
One executor for all nodes: callbacks only hand work over (a few 0.1 ms), models and devices have threads of their own,
and several executors were measured to be no faster. rclpy's EventsExecutor deadlocks when another thread publishes.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from emotion_perception.ros.environment import prepare_environment
from emotion_perception.ros.memory import keep_memory
from emotion_perception.ros.node import PerceptionNode


class Graph:
    """The nodes of this process. Use it as a context: leaving it destroys the nodes and the ROS context.

    failed: the sentence of the first node whose transition failed, or of a crashed callback; None while all is well.
    done: set when the process should end: by SIGINT, SIGTERM, `stop`, or a failure when ``fail_fast``.
    """

    def __init__(self, ros_arguments: list[str] | None = None, *, fail_fast: bool = False) -> None:
        prepare_environment()
        keep_memory()
        self.done = threading.Event()
        self.failed: str | None = None
        self._fail_fast = fail_fast
        self._context = rclpy.Context()
        rclpy.init(args=ros_arguments, context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._nodes: list[Node] = []
        self._spun = threading.Event()
        self._thread = threading.Thread(target=self._spin, name="executor", daemon=True)
        self._handlers: dict[int, Any] = {}
        # A signal handler that sets an event deadlocks if it interrupts a wait for this event at the wrong moment;
        # to put into this queue is safe at any.
        self._signals: SimpleQueue[bool] = SimpleQueue()
        self._stopper = threading.Thread(target=self._await_signals, name="signals", daemon=True)

    def __enter__(self) -> Graph:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._handlers[number] = signal.signal(number, lambda *_: self._signals.put(True))
        self._stopper.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Its own `shutdown` does not wait for the callback at work, which then stumbles over what is gone.
        self._executor.create_task(self._spun.set)
        self._thread.join(2.0)
        self._executor.shutdown(timeout_sec=0.0)
        for node in reversed(self._nodes):
            node.destroy_node()
        rclpy.try_shutdown(context=self._context)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._signals.put(False)
        self._stopper.join()

    def add(self, make: Callable[..., Node], *, essential: bool = True, **options: Any) -> Any:
        """Make a node in this process and let it spin; where it is not ``essential``, the others do without it."""
        node = make(context=self._context, **options)
        if isinstance(node, PerceptionNode) and essential:
            node.on_failure = self._note_failure
        self._nodes.append(node)
        self._executor.add_node(node)
        return node

    def stop(self) -> None:
        """End `done.wait()`; may be called from any thread, but from no signal handler."""
        self.done.set()

    def _await_signals(self) -> None:
        while self._signals.get():
            self.stop()

    def _note_failure(self, sentence: str) -> None:
        self.failed = self.failed or sentence
        if self._fail_fast:
            self.done.set()

    def _spin(self) -> None:
        try:
            while self._context.ok() and not self._spun.is_set():
                self._executor.spin_once()
        except ExternalShutdownException:
            return
        except Exception as error:
            self.failed = self.failed or f"a callback failed ({type(error).__name__}: {error})"
            self.done.set()
            raise


def run_node(make: Callable[..., PerceptionNode[Any]]) -> int:
    """Run one node until SIGINT or SIGTERM; the `main` of each executable. Returns its exit code."""
    with Graph(sys.argv) as graph:
        graph.add(make)
        graph.done.wait()
        return 1 if graph.done.is_set() and graph.failed and graph.failed.startswith("a callback") else 0
