"""Services that take their time: the answer is a future, and the executor goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from rclpy.node import Node
from rclpy.service import Service


def create_slow_service(node: Node, kind: type, name: str, answer: Callable[[Any], Future[Any]]) -> Service:
    """Offer a service whose ``answer(request)`` returns a future of the response at once; a thread may complete it.

    rclpy sends what a callback returns when it returns, which would hold up every node of the process; and while it
    awaits a coroutine its executor spins without a pause. So the response is sent when the future is done. The future
    must end with a response: what it raises is logged, and the caller waits in vain.
    """
    service = node.create_service(kind, name, lambda request, response: answer(request))
    send = service.send_response

    def send_when_done(future: Future[Any], header: Any) -> None:
        future.add_done_callback(lambda done: _send(node, send, done, header))

    service.send_response = send_when_done
    return service


def _send(node: Node, send: Callable[[Any, Any], None], done: Future[Any], header: Any) -> None:
    if done.cancelled():
        return
    error = done.exception()
    if error is None:
        send(done.result(), header)
    else:
        node.get_logger().error(f"a service request failed ({type(error).__name__}: {error})")
