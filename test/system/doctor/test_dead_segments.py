"""Shared memory that a killed process has left: reported, and removed without touching a living one's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emotion_perception.cli.doctor.segments import SHARED_MEMORY, find_leftovers

PROCESS = """
import sys, rclpy
from std_msgs.msg import String
from emotion_perception.ros.environment import prepare_environment
prepare_environment()
rclpy.init()
node = rclpy.create_node(sys.argv[1])
node.create_subscription(String, "hello", lambda m: print(m.data, flush=True), 10)
publisher = node.create_publisher(String, "hello", 10)
print("ready", flush=True)
for line in sys.stdin:
    publisher.publish(String(data=line.strip()))
    rclpy.spin_once(node, timeout_sec=10)
"""


def own_segments(process: subprocess.Popen[str]) -> set[str]:
    """Names of the segments that a process has mapped; ports are left out, as others take their numbers over."""
    maps = Path("/proc", str(process.pid), "maps").read_text()
    return set(re.findall(r"/(fastrtps_[0-9a-z]{16})$", maps, re.MULTILINE))


@pytest.fixture
def start(domain: int) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """start(name) -> a ROS process that says to itself what it is told, and prints what it hears."""
    processes: list[subprocess.Popen[str]] = []

    def make(name: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROCESS, name]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert processes[-1].stdout
        assert processes[-1].stdout.readline() == "ready\n"
        return processes[-1]

    yield make
    for process in processes:
        process.communicate(timeout=30)  # its input ends, and it ends in order


def test_a_killed_process_leaves_memory_that_clean_removes_and_a_living_one_keeps_its_own(
    start: Callable[[str], subprocess.Popen[str]], doctor: Callable[..., Any]
) -> None:
    living = start("living")
    alive = own_segments(living)  # before there is another, whose segments it would map too
    killed = start("killed")
    dead = own_segments(killed) - own_segments(living)  # without what either maps of the other
    assert dead
    killed.kill()
    killed.wait()

    found = doctor("shared_memory")["shared_memory"]
    assert found["level"] == "note"
    assert "was left by processes that were killed" in found["sentence"]
    names = {each.name for each in find_leftovers()}
    assert dead <= names
    assert names.isdisjoint(alive)

    subprocess.run(["bash", "-c", found["command"]], check=True, capture_output=True)

    left = {path.name for path in SHARED_MEMORY.iterdir()}
    assert left.isdisjoint({f"{name}{suffix}" for name in dead for suffix in ("", "_el")})
    assert alive <= left
    assert living.stdin
    assert living.stdout
    living.stdin.write("still here\n")
    living.stdin.flush()
    assert living.stdout.readline() == "still here\n"
    start("late")


def test_memory_that_is_full_of_dead_segments_is_freed(doctor: Callable[..., Any], own_mounts: tuple[str, ...]) -> None:
    program = (
        f"{sys.executable} -c 'import os, signal; exec(os.environ[\"PROGRAM\"]); os.kill(os.getpid(), signal.SIGKILL)'"
    )
    fill = f"mount -t tmpfs -o size=48m tmpfs /dev/shm; {program} killed </dev/null; :"
    environment = {"PROGRAM": PROCESS}
    found = doctor("shared_memory", inside=own_mounts, after=fill, environment=environment)["shared_memory"]
    assert found["level"] == "fault"
    assert "was left by processes that were killed" in found["sentence"]
    remedy = found["command"]
    healed = doctor("shared_memory", inside=own_mounts, after=f"{fill}; {remedy}", environment=environment)
    assert healed["shared_memory"]["level"] == "ok"


def test_without_leftovers_there_is_nothing_to_clean(own_mounts: tuple[str, ...]) -> None:
    command = f"mount -t tmpfs tmpfs /dev/shm; {sys.executable} -m emotion_perception.cli.main doctor --clean"
    done = subprocess.run([*own_mounts, "bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "removed 0 segments and ports of killed processes, 0 MB\n"
