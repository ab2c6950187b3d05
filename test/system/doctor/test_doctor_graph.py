"""`doctor --graph` beside real robots, each broken in its own way; its remedies are followed as they stand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from emotion_perception.cli.doctor.graph import observer
from emotion_perception.cli.doctor.graph.domains import find_domains

SYNTHETIC = ("--source", "synthetic:?width=160&height=120")
LISTENER = """
import sys, rclpy
from rclpy.qos import QoSProfile, DurabilityPolicy
from emotion_perception.msg import EmotionArray
from emotion_perception.ros.environment import prepare_environment
prepare_environment()
rclpy.init(args=sys.argv)
node = rclpy.create_node("listener")
qos = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
node.create_subscription(EmotionArray, "emotion", lambda m: None, qos)
print("ready", flush=True)
rclpy.spin(node)
"""
STUCK = """
import time, rclpy
from rclpy.lifecycle import LifecycleNode
from emotion_perception.ros.environment import prepare_environment
prepare_environment()
rclpy.init()
node = LifecycleNode("stuck")
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def launch() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """launch("command", …) starts a process; those that still run at the end of the test are interrupted."""
    made: list[subprocess.Popen[str]] = []

    def start(*command: str) -> subprocess.Popen[str]:
        made.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return made[-1]

    yield start
    for process in made:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def node(name: str, *ros_arguments: str) -> list[str]:
    """The command that runs one node in a process of its own."""
    program = f"from emotion_perception.nodes.{name} import main; main()"
    return [sys.executable, "-c", program, "--ros-args", *ros_arguments]


def topic(found: Any, name: str) -> dict[str, Any]:
    return next(each for each in found.document["graph"]["topics"] if each["name"] == name)


def state(found: Any, name: str) -> str | None:
    return next(each["state"] for each in found.document["graph"]["nodes"] if each["name"] == name)


def test_without_a_robot_it_says_where_it_looked_and_how_to_start_one(
    doctor: Callable[..., Any], domain: int, launch: Callable[..., subprocess.Popen[str]]
) -> None:
    found = doctor("--graph")
    assert found.code == 1
    assert f"there is no node on domain {domain}, range LOCALHOST" in found["graph"]["sentence"]
    if "has ROS processes on domain" not in found["graph"]["sentence"]:  # of another test that runs now
        started = launch("bash", "-c", f"exec {found['graph']['command']} {' '.join(SYNTHETIC)}")
        assert " fps" in started.stdout.readline()
        assert doctor("--graph").code == 0


def test_a_robot_on_another_domain_is_found(doctor: Callable[..., Any], robot: Callable[..., Any], domain: int) -> None:
    robot(*SYNTHETIC).wait_line("stdout", " fps")
    empty = next(number for number in range(100) if not find_domains()[number])
    found = doctor("--graph", environment={"ROS_DOMAIN_ID": str(empty)})["graph"]
    assert f"there is no node on domain {empty}" in found["sentence"]
    domains = found["sentence"].rpartition("on domain ")[2].split(", ")
    assert str(domain) in domains

    line = found["command"].replace(f"ROS_DOMAIN_ID={domains[0]}", f"ROS_DOMAIN_ID={domain}")
    followed = subprocess.run(f"{line} --json", shell=True, capture_output=True, text=True, check=True)
    assert "nothing is wrong" in json.loads(followed.stdout)["findings"][0]["sentence"]


def test_a_working_robot_with_its_rates_and_states(doctor: Callable[..., Any], robot: Callable[..., Any]) -> None:
    robot(*SYNTHETIC).wait_line("stdout", " fps")
    found = doctor("--graph")
    assert found.code == 0
    assert found["graph"]["sentence"].startswith("nothing is wrong with 6 nodes: ")
    for name in ("camera", "face_detector", "emotion_classifier", "overlay"):
        assert state(found, f"/{name}") == "active"
    images, faces = topic(found, "/image_raw"), topic(found, "/faces")
    assert images["publishers"] == ["/camera"]
    assert images["subscribers"] == ["/face_detector"], "and not the doctor"
    assert images["rate"] == pytest.approx(30, rel=0.3)
    assert faces["types"] == ["emotion_perception/msg/FaceArray"]
    assert topic(found, "/emotion/overlay")["rate"] is None, "to listen would make the robot draw"


def test_an_inactive_camera_is_the_one_cause_of_all_silence(
    doctor: Callable[..., Any], robot: Callable[..., Any]
) -> None:
    run = robot(*SYNTHETIC, "--param", "camera.autostart:=false", "--namespace", "robot1")
    run.wait_line("stdout", "no frames")
    found = doctor("--graph")
    (finding,) = [each for each in found.document["findings"] if each["level"] == "fault"]
    assert finding["sentence"] == (
        "robot1/face_detector gets no images (and nothing reaches robot1/emotion_classifier, robot1/face_identity, "
        "robot1/live_line): nobody publishes /robot1/image_raw, and robot1/camera is unconfigured"
    )
    assert finding["command"].endswith("lifecycle /robot1/camera configure activate")

    subprocess.run(finding["command"], shell=True, check=True, capture_output=True)
    healed = doctor("--graph")
    assert healed.code == 0, healed.sentences
    assert state(healed, "/robot1/camera") == "active"


def test_a_camera_without_a_device_is_named_with_its_own_words(
    doctor: Callable[..., Any], robot: Callable[..., Any]
) -> None:
    robot("--source", "usb:/dev/video99").wait_line("stdout", "no frames")
    found = doctor("--graph")
    assert found.code == 1
    assert found["graph"]["sentence"].startswith("face_detector gets no images")
    assert "camera says: usb: there is no /dev/video99" in found["graph"]["sentence"]


def test_a_killed_node_is_missed_and_started_again(
    doctor: Callable[..., Any], launch: Callable[..., subprocess.Popen[str]]
) -> None:
    def healthy() -> None:
        """Look until nodes that have just been started are at work."""
        for _ in range(5):
            found = doctor("--graph")
            if found.code == 0:
                return
        raise AssertionError(found.sentences)

    launch(*node("camera", "-p", "source:=synthetic:?width=160&height=120"))
    killed = launch(*node("face_detector"))
    launch(*node("emotion_classifier"))
    healthy()
    killed.kill()
    killed.wait()

    found = doctor("--graph")
    assert found.code == 1
    assert found["graph"]["sentence"] == "emotion_classifier gets no faces: nobody publishes /faces"

    launch("bash", "-c", f"exec {found['graph']['command']}")
    healthy()


def test_a_node_that_hangs_is_told_from_one_that_is_gone(
    doctor: Callable[..., Any], launch: Callable[..., subprocess.Popen[str]]
) -> None:
    process = launch(*node("overlay"))
    while not doctor("--graph").document["graph"]["nodes"]:
        assert process.poll() is None
    process.send_signal(signal.SIGSTOP)
    found = doctor("--graph")
    assert "shows no node: it hangs, was suspended" in found["graph"]["sentence"]
    process.send_signal(signal.SIGCONT)  # as the remedy says: look again
    assert doctor("--graph").code == 0


def test_a_node_whose_executor_is_stuck_does_not_answer(
    doctor: Callable[..., Any], launch: Callable[..., subprocess.Popen[str]]
) -> None:
    stuck = launch(sys.executable, "-c", STUCK)
    assert stuck.stdout
    assert stuck.stdout.readline() == "ready\n"
    found = doctor("--graph")
    assert state(found, "/stuck") == "does not answer"
    assert found["graph"]["sentence"] == "stuck does not answer, so its process was killed or hangs"

    stuck.kill()  # as the remedy says
    stuck.wait()
    launch(*node("overlay"))
    assert doctor("--graph").code == 0


def test_qos_that_does_not_match_is_named_with_the_override_that_helps(
    doctor: Callable[..., Any], robot: Callable[..., Any], launch: Callable[..., subprocess.Popen[str]]
) -> None:
    run = robot(*SYNTHETIC)
    run.wait_line("stdout", " fps")
    listener = launch(sys.executable, "-c", LISTENER)
    assert listener.stdout
    assert listener.stdout.readline() == "ready\n"
    found = doctor("--graph")
    assert found["graph"]["level"] == "fault"
    assert found["graph"]["sentence"] == (
        "listener gets nothing of /emotion from emotion_classifier, as it asks for a QoS that is not offered "
        "(durability)"
    )
    arguments = found["graph"]["remedy"].partition("--ros-args ")[2].split()
    assert arguments == ["-p", "qos_overrides./emotion.publisher.durability:=transient_local"]

    run.interrupt(signal.SIGINT)
    robot(*SYNTHETIC, "--ros-args", *arguments).wait_line("stdout", " fps")
    healed = doctor("--graph")
    assert healed.code == 0, healed.sentences


def test_a_robot_whose_ports_are_open_is_waited_for(
    domain: int, launch: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first announcements may be lost, so that others are known and nothing is of it."""
    assert launch(sys.executable, "-c", LISTENER).stdout.readline() == "ready\n"
    missing = [1, 1, 1]
    monkeypatch.setattr(
        observer, "find_domains", lambda: find_domains() + Counter({domain: missing.pop() if missing else 0})
    )
    assert [node.name for node in observer.observe(0.0).nodes] == ["/listener"]
    assert not missing


def test_a_robot_that_cannot_start_ros_is_sent_to_the_other_checks(doctor: Callable[..., Any]) -> None:
    found = doctor("--graph", environment={"ROS_DOMAIN_ID": "robot"})
    assert found["graph"]["sentence"].startswith("ROS cannot start here")
    assert found["graph"]["command"].endswith("doctor")
    assert "ROS_DOMAIN_ID" in doctor("domain", environment={"ROS_DOMAIN_ID": "robot"})["domain"]["sentence"]
    assert os.environ["ROS_DOMAIN_ID"].isdigit()
