"""A thread that takes the messages of one subscription as they come, past the executor.

rclpy's executor is written in Python and looks at every service, timer and event of every node before each wait and
after it: 0.7 ms a message in a process of four nodes, with the GIL held. What lies on the way from an image to its
emotion waits for its own topic alone, as `rclpy.wait_for_message` does.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.exceptions import InvalidHandle
from rclpy.guard_condition import GuardCondition
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription


class NotByExecutor(ReentrantCallbackGroup):
    """The group of a subscription that executors leave alone, its events (QoS) too: they wake whoever waits for them
    with each message.
    """

    def can_execute(self, entity: Any) -> bool:
        """Never."""
        return False


class Receiver:
    """Calls ``receive`` with each message of ``subscription``, which is in the group NotByExecutor, from `start` to
    `close`.

    Never twice at once, and in the order in which they were published, those that are given by hand (`take`) included.
    What ``receive`` or an event of the subscription raises goes to ``failed`` and does not end the thread.
    """

    def __init__(
        self,
        node: Node,
        subscription: Subscription,
        receive: Callable[[Any], None],
        *,
        failed: Callable[[Exception], None],
    ) -> None:
        self._context = node.context
        self._subscription = subscription
        self._receive = receive
        self._failed = failed
        self._closed = False
        self._turn = threading.RLock()
        self._wake = GuardCondition(None, None, context=node.context)
        self._thread = threading.Thread(target=self._run, name=f"receive {subscription.topic_name}", daemon=True)

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def close(self) -> None:
        """End the thread; nothing is received afterwards."""
        with self._turn:
            self._closed = True
        self._wake.trigger()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._wake.destroy()

    def take(self, message: Any) -> None:
        """Receive a message in the caller's thread, after all that have come through DDS."""
        with self._turn:
            if self._closed:
                return
            with contextlib.suppress(InvalidHandle), self._subscription.handle:  # destroyed with its node
                self._take_all(self._subscription.handle)
            self._attempt(self._receive, message)

    def _run(self) -> None:
        handle, events = self._subscription.handle, self._subscription.event_handlers
        try:
            with contextlib.ExitStack() as used:
                for each in (handle, self._wake.handle, self._context.handle, *events):
                    used.enter_context(each)
                wait_set = rclpy_implementation.WaitSet(1, 1, 0, 0, 0, len(events), self._context.handle)
                while not self._closed:
                    wait_set.clear_entities()
                    wait_set.add_subscription(handle)
                    wait_set.add_guard_condition(self._wake.handle)
                    for event in events:
                        event.add_to_wait_set(wait_set)
                    wait_set.wait(-1)
                    for event in events:
                        if event.is_ready(wait_set):
                            self._attempt(event.callback, event.take_data())
                    self._take_all(handle)
        except InvalidHandle:  # destroyed with its node before it was closed
            return

    def _take_all(self, handle: Any) -> None:
        taken = True
        while taken:
            with self._turn:
                taken = not self._closed and handle.take_message(self._subscription.msg_type, self._subscription.raw)
                if taken:
                    self._attempt(self._receive, taken[0])

    def _attempt(self, callback: Callable[[Any], None], argument: Any) -> None:
        try:
            callback(argument)
        except Exception as error:
            self._failed(error)


def receive(node: Node, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile) -> Receiver:
    """Subscribe a node that is none of ours; a message that ``callback`` stumbles over is logged as an error."""
    subscription = node.create_subscription(kind, topic, callback, qos, callback_group=NotByExecutor())

    def log(error: Exception) -> None:
        node.get_logger().error(f"a message of {topic} was skipped ({type(error).__name__}: {error})")

    receiver = Receiver(node, subscription, callback, failed=log)
    receiver.start()
    return receiver
