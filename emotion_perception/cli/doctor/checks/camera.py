"""Where the robot's frames are to come from."""

from __future__ import annotations

import os
from typing import Any

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, ok


def check(settings: Settings) -> Finding:
    """See that a camera is there and permitted, and that a recording can be read; a camera is not started."""
    from emotion_perception.core.errors import PerceptionError
    from emotion_perception.sources.base import SourceOptions
    from emotion_perception.sources.uri import open_source
    from emotion_perception.sources.usb import UsbSource
    from emotion_perception.sources.v4l2 import find_obstacle

    asked = _camera_parameters(settings)
    uri = settings.source or asked.get("source", "usb:")
    try:
        device = {"video_device": asked["video_device"]} if "video_device" in asked else {}
        source = open_source(uri, SourceOptions(**device))
        if isinstance(source, UsbSource):
            obstacle = find_obstacle(source.description)
            if obstacle:
                return _explain(obstacle)
            return _describe(source.description)
        if not source.live:
            source.open()
            source.close()
    except PerceptionError as error:
        return _explain(str(error))
    return ok(f"{uri} ({source.description})" if source.description not in uri else uri)


def _describe(device: str) -> Finding:
    """Return what a camera calls itself and what it can send; a fault if it is none."""
    from emotion_perception.sources.cameras import list_cameras
    from emotion_perception.sources.v4l2 import explain_unopened

    for camera in list_cameras():
        if os.path.realpath(device) == camera.device:
            largest = {
                each.fourcc: max(each.sizes, key=lambda size: size.width * size.height)
                for each in camera.formats
                if each.sizes
            }
            sends = ", ".join(f"{fourcc} up to {size.width}x{size.height}" for fourcc, size in largest.items())
            return ok(f"{camera.device}, {camera.name}" + (f": {sends}" if sends else ""))
    return _explain(explain_unopened(device))


def _explain(sentence: str) -> Finding:
    permit = "`sudo usermod"
    command = sentence.split("`")[1] if permit in sentence else commands.own("run", "--source", "synthetic:")
    remedy = (
        "allow it, and log in again" if permit in sentence else "do what it says; the command runs without a camera"
    )
    return fault(sentence, remedy, command=command)


def _camera_parameters(settings: Settings) -> dict[str, Any]:
    """Return what the parameter files say of the camera; the last one wins."""
    import yaml

    asked: dict[str, Any] = {}
    for path in settings.params_files:
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            for section, body in content.items():
                if str(section).rpartition("/")[2] == "camera":
                    asked.update(body["ros__parameters"])
        except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError, TypeError):
            continue  # the check of the configuration says so
    return asked
