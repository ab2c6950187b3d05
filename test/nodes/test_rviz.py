"""config/emotion.rviz uses what rviz2 has: a name that it does not know it ignores without a word.

CLASSES was read from the sources of ros2/rviz, branch jazzy, commit 591594ee (2024-09-26): for each class the first
argument of the properties that rviz_default_plugins/displays/*/*_display.cpp and view_controllers/orbit/*.cpp make,
and of those of their bases in rviz_common: ros_topic_display.hpp, properties/qos_profile_property.cpp,
properties/vector_property.cpp, view_controller.cpp and frame_position_tracking_view_controller.cpp.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from visualization_msgs.msg import MarkerArray

from emotion_perception.core.paths import share_dir
from emotion_perception.nodes import node_class
from emotion_perception.ros.markers import BOX, TEXT

CONFIG: dict[str, Any] = yaml.safe_load((share_dir() / "config" / "emotion.rviz").read_text(encoding="utf-8"))
MANAGER = CONFIG["Visualization Manager"]
DISPLAYS = {display["Name"]: display for display in MANAGER["Displays"]}

#: display.cpp: what every display has.
COMMON = {"Class", "Name", "Enabled", "Value"}
TOPIC = {"Value", "Depth", "History Policy", "Reliability Policy", "Durability Policy"}
CLASSES = {
    "Image": COMMON | {"Topic", "Normalize Range", "Min Value", "Max Value", "Median window"},
    "MarkerArray": COMMON | {"Topic", "Namespaces"},
    "Axes": COMMON | {"Reference Frame", "Length", "Radius"},
    "Grid": COMMON
    | {"Reference Frame", "Plane Cell Count", "Normal Cell Count", "Cell Size", "Line Style", "Color", "Alpha"}
    | {"Plane", "Offset"},
    "Camera": COMMON | {"Topic", "Image Rendering", "Overlay Alpha", "Zoom Factor", "Far Plane Distance", "Visibility"},
    "TF": COMMON
    | {"Show Names", "Show Axes", "Show Arrows", "Marker Scale", "Update Interval", "Frame Timeout"}
    | {"Filter (whitelist)", "Filter (blacklist)", "Frames", "Tree"},
    "Orbit": {"Class", "Name", "Value", "Near Clip Distance", "Enable Stereo Rendering", "Invert Z Axis"}
    | {"Target Frame", "Distance", "Focal Shape Size", "Focal Shape Fixed Size", "Yaw", "Pitch", "Focal Point"},
}
#: properties/qos_profile_property.cpp, grid_display.cpp and camera_display.cpp.
CHOICES = {
    "History Policy": {"System Default", "Keep Last", "Keep All"},
    "Reliability Policy": {"System Default", "Reliable", "Best Effort"},
    "Durability Policy": {"System Default", "Transient Local", "Volatile"},
    "Plane": {"XY", "XZ", "YZ"},
    "Image Rendering": {"background", "overlay", "background and overlay"},
}
#: plugins_description.xml.
TOOLS = {"Interact", "MoveCamera", "Select", "FocusCamera", "Measure", "SetInitialPose", "SetGoal", "PublishPoint"}


def plugin(entry: dict[str, Any]) -> str:
    package, _, name = entry["Class"].partition("/")
    assert package == "rviz_default_plugins"
    return str(name)


@pytest.mark.parametrize("name", DISPLAYS)
def test_a_display_has_only_properties_that_its_class_has(name: str) -> None:
    display = DISPLAYS[name]
    assert display.keys() <= CLASSES[plugin(display)]
    assert display["Enabled"] == display["Value"], "rviz writes both, and the second wins"
    topic = display.get("Topic", {})
    assert topic.keys() <= TOPIC
    for key, value in {**topic, **display}.items():
        assert value in CHOICES.get(key, [value]), key


def test_the_view_looks_ahead_with_the_frames_y_down() -> None:
    view = MANAGER["Views"]["Current"]
    assert view.keys() <= CLASSES[plugin(view)]
    # orbit_view_controller.cpp: the eye is at the focal point + distance * (cos yaw cos pitch, sin yaw cos pitch, sin
    # pitch), and the axis that stays upright is z.
    yaw, pitch = view["Yaw"], view["Pitch"]
    assert abs(pitch) < math.pi / 2 - 0.001
    eye = [math.cos(yaw) * math.cos(pitch), math.sin(yaw) * math.cos(pitch), math.sin(pitch)]
    assert eye[0] == pytest.approx(0, abs=1e-6), "neither left nor right of the camera"
    assert eye[1] < 0, "above"
    assert eye[2] < 0, "behind"


def test_it_names_tools_that_rviz_has_and_our_topics_frame_and_namespaces() -> None:
    assert {plugin(tool) for tool in MANAGER["Tools"]} <= TOOLS
    frame = yaml.safe_load((share_dir() / "config" / "robot.yaml").read_text(encoding="utf-8"))
    assert MANAGER["Global Options"]["Fixed Frame"] == frame["/**/camera"]["ros__parameters"]["frame_id"]
    assert set(DISPLAYS["Faces"]["Namespaces"]) == {BOX, TEXT}


#: Of a display that is added by hand: ros_topic_display.hpp, qos_profile(5), which is reliable and volatile.
RVIZ_DEFAULT = {"Depth": 5, "Reliability Policy": "Reliable", "Durability Policy": "Volatile"}


@pytest.mark.parametrize("settings", ["of the file", "rviz's defaults"])
@pytest.mark.parametrize(("name", "kind"), [("Overlay", Image), ("Faces", MarkerArray)])
def test_what_is_shown_from_the_start_is_received(
    start: Any, outsider: Any, eventually: Any, name: str, kind: type, settings: str
) -> None:
    start(node_class("overlay"))
    display = DISPLAYS[name]
    assert display["Enabled"]
    asked = display["Topic"] if settings == "of the file" else RVIZ_DEFAULT
    qos = QoSProfile(
        depth=asked["Depth"],
        reliability=ReliabilityPolicy[asked["Reliability Policy"].upper().replace(" ", "_")],
        durability=DurabilityPolicy[asked["Durability Policy"].upper().replace(" ", "_")],
    )
    matched: list[int] = []
    events = SubscriptionEventCallbacks(matched=lambda event: matched.append(event.current_count))
    topic = display["Topic"]["Value"]
    outsider.create_subscription(kind, topic, lambda message: None, qos, event_callbacks=events)
    eventually(lambda: 1 in matched)
