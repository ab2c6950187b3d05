"""The doctor's checks, one a module: `check(settings) -> Finding`."""

from __future__ import annotations

from importlib import import_module

from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note
from emotion_perception.core.errors import PerceptionError

#: Module -> what it looks at, in the order of the report: what others need comes first.
CHECKS = {
    "python": "Python",
    "compiler": "compiler",
    "ros": "ROS 2",
    "libraries": "libraries",
    "weights": "weights",
    "configuration": "configuration",
    "camera": "camera",
    "microphone": "microphone",
    "gstreamer": "GStreamer",
    "folders": "folders",
    "people": "people database",
    "clock": "clock",
    "domain": "ROS environment",
    "network": "network",
    "dds_profile": "DDS profile",
    "shared_memory": "shared memory",
    "discovery": "discovery",
}


def examine(name: str, settings: Settings) -> Finding:
    """Run one check. A check that cannot even start, for want of what another one looks at, is a note that says so."""
    try:
        return import_module(f"{__name__}.{name}").check(settings)
    except ImportError as error:
        return note(f"not checked, as Python says: {error}", "put right what is said about Python, ROS 2 and libraries")
    except PerceptionError as error:
        return fault(str(error), "do what the sentence says")
    except Exception as error:  # a fault in a check must not hide what the others found
        return fault(f"the check itself failed ({type(error).__name__}: {error})", "please report this line")
