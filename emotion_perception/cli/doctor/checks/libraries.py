"""The Python packages that perception is built on."""

from __future__ import annotations

import shlex
import sys
from importlib import import_module

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, ok

#: Module -> the package that brings it (pyproject.toml names the same ones, ROS apart).
LIBRARIES = {
    "ai_edge_litert": "ai-edge-litert",
    "aiohttp": "aiohttp",
    "av": "av",
    "cv2": "opencv-python-headless",
    "dlib": "dlib-bin",
    "lap": "lap",
    "matplotlib": "matplotlib",
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "PIL": "pillow",
    "platformdirs": "platformdirs",
    "yaml": "pyyaml",
}


def check(_: Settings) -> Finding:
    """Import each."""
    broken = {}
    for module in LIBRARIES:
        try:
            import_module(module)
        except Exception as error:  # a damaged or mismatched one raises anything
            broken[module] = error
    if not broken:
        return ok(f"all {len(LIBRARIES)} Python packages can be imported")
    reasons = "; ".join(f"{module}: {error}" for module, error in broken.items())
    packages = " ".join(LIBRARIES[module] for module in broken)
    pip = f"{shlex.quote(sys.executable)} -m pip"
    if commands.in_checkout():
        command = f"{pip} uninstall -y {packages}; {commands.set_up_again()}"
    else:
        command = f"{pip} install --force-reinstall {packages}"
    return fault(
        f"Python packages cannot be imported ({reasons})",
        "install them again; on a robot with the versions that README.md names",
        command=command,
    )
