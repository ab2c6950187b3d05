"""`emotion-perception lifecycle`: ask a running node to configure, activate, deactivate or clean up.

What `ros2 lifecycle set` does, for computers without the ros2 command (it is in no wheel).
"""

from __future__ import annotations

import argparse
import os
from typing import Any

from emotion_perception.core.errors import PerceptionError

#: Transition -> its id in lifecycle_msgs/Transition.
_TRANSITIONS = {"configure": 1, "cleanup": 2, "activate": 3, "deactivate": 4}
_DISCOVERY = 5.0  # seconds for the node to be found
_TIMEOUT = 15.0  # seconds for each transition; a model may have to load


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `lifecycle` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "lifecycle", help="configure, activate, deactivate or clean up a running node", description=__doc__
    )
    parser.add_argument("node", metavar="NODE", help="its name with its namespace, e.g. /camera or /robot1/camera")
    parser.add_argument(
        "transitions", nargs="+", choices=_TRANSITIONS, metavar="TRANSITION", help="one after the other"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Ask for each transition. Returns 0; raises PerceptionError when the node is not there or refuses."""
    from emotion_perception.ros.environment import prepare_environment

    prepare_environment()
    import rclpy

    rclpy.init(args=[])
    try:
        _Asker(args.node).ask(args.transitions)
    finally:
        rclpy.try_shutdown()
    return 0


class _Asker:
    """Asks one node."""

    def __init__(self, name: str) -> None:
        import rclpy
        from lifecycle_msgs.srv import ChangeState

        self._name = name
        self._node = rclpy.create_node(f"_lifecycle_{os.getpid()}", enable_rosout=False, start_parameter_services=False)
        self._client = self._node.create_client(ChangeState, f"/{name.strip('/')}/change_state")

    def ask(self, transitions: list[str]) -> None:
        """Ask for each transition and wait for it."""
        if not self._client.wait_for_service(_DISCOVERY):
            raise PerceptionError(
                f"there is no managed node {self._name} on this domain: `emotion-perception doctor --graph` lists "
                "those there are"
            )
        for transition in transitions:
            self._ask(transition)
            print(f"{self._name}: {transition} done")

    def _ask(self, transition: str) -> None:
        import rclpy
        from lifecycle_msgs.msg import Transition
        from lifecycle_msgs.srv import ChangeState

        request = ChangeState.Request(transition=Transition(id=_TRANSITIONS[transition]))
        future = self._client.call_async(request)
        rclpy.spin_until_future_complete(self._node, future, timeout_sec=_TIMEOUT)
        if not future.done():
            raise PerceptionError(f"{self._name} did not answer within {_TIMEOUT:g} s: it hangs, start it again")
        if not future.result().success:
            raise PerceptionError(
                f"{self._name} did not {transition}: its log says why, unless it was in no state to do so "
                "(`emotion-perception doctor --graph` shows the state)"
            )
