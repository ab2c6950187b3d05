"""The two processes of the doctor's self-test: one sends messages, the other sends them back.

`python -m emotion_perception.cli.doctor.probe call|answer NAME`. They are no part of the doctor's own process, as a
shared memory that is full kills (SIGBUS) whoever uses it.
"""

from __future__ import annotations

import json
import select
import statistics
import sys
import time

import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import String

from emotion_perception.ros.environment import prepare_environment
from emotion_perception.ros.qos import RELIABLE

#: Seconds that finding each other may take, and one message; a moment as a rule.
TIMEOUT = 10.0
_MESSAGES = 20


def main() -> int:
    """Play the role that the command line names, the answering one until its input ends.

    The caller prints `{"found": seconds, "round_trip": median ms}`, or null when no answer came in time.
    """
    role, name = sys.argv[1:]
    prepare_environment()
    rclpy.init()
    node = rclpy.create_node(f"doctor_{role}_{name}")
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    there, back = f"doctor_{name}/there", f"doctor_{name}/back"
    if role == "call":
        print(json.dumps(_call(node, executor, there, back)))
    else:
        answers = node.create_publisher(String, back, RELIABLE)
        node.create_subscription(String, there, answers.publish, RELIABLE)
        while not select.select([sys.stdin], [], [], 0)[0]:  # until its end
            executor.spin_once(timeout_sec=0.1)
    node.destroy_node()
    rclpy.shutdown()  # in order: a process that is killed leaves its shared memory behind
    return 0


def _call(node: rclpy.node.Node, executor: SingleThreadedExecutor, there: str, back: str) -> dict[str, float] | None:
    heard: list[String] = []
    calls = node.create_publisher(String, there, RELIABLE)
    node.create_subscription(String, back, heard.append, RELIABLE)

    def answered(text: str, timeout: float) -> bool:
        calls.publish(String(data=text))
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if heard and heard[-1].data == text:
                return True
            executor.spin_once(timeout_sec=0.02)
        return False

    begin = time.monotonic()
    # What is sent before both ends know each other is lost, so the first message is sent until it is answered.
    while not answered(f"{time.monotonic()}", 0.25):
        if time.monotonic() - begin > TIMEOUT:
            return None
    found = time.monotonic() - begin
    trips = []
    for number in range(_MESSAGES):
        sent = time.monotonic()
        if not answered(str(number), TIMEOUT):
            return None
        trips.append(1e3 * (time.monotonic() - sent))
    return {"found": found, "round_trip": statistics.median(trips)}


if __name__ == "__main__":
    sys.exit(main())
