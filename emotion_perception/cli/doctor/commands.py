"""Lines that work when they are pasted into the shell that the doctor was called from."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

_NAME = "emotion-perception"
_CHECKOUT = Path(__file__).resolve().parents[3]


def own(*arguments: str) -> str:
    """Return the line that runs `emotion-perception` with these arguments, in the way it can be found from here."""
    script = Path(sys.prefix, "bin", _NAME)
    found = shutil.which(_NAME)
    if found and (Path(found) == script or not script.is_file()):
        command = [_NAME]
    elif script.is_file():
        command = [_shortened(script)]
    elif shutil.which("ros2"):
        command = ["ros2", "run", "emotion_perception", _NAME]
    else:
        command = [sys.executable, "-m", "emotion_perception.cli.main"]
    return shlex.join([*command, *arguments])


def node(name: str, namespace: str) -> str:
    """Return the line that runs one of our nodes in a process of its own, in the namespace (may be empty)."""
    if shutil.which("ros2"):
        command = ["ros2", "run", "emotion_perception", name]
    else:
        command = [sys.executable, "-c", f"from emotion_perception.nodes.{name} import main; main()"]
    return shlex.join([*command, *(["--ros-args", "-r", f"__ns:={namespace}"] if namespace else [])])


def apt(*packages: str) -> str:
    """Return the line that installs Debian or Ubuntu packages."""
    return as_root("apt-get", "install", "-y", *packages)


def as_root(*words: str) -> str:
    """Return a line that needs root's rights, with sudo unless they are there."""
    return shlex.join(words if os.geteuid() == 0 else ("sudo", *words))


def in_checkout() -> bool:
    """Whether this code is a checkout that `make setup` completes."""
    return (_CHECKOUT / "scripts" / "setup").is_file()


def set_up_again() -> str:
    """Return the line that completes the installation: of the checkout's virtual environment, or of a workspace.

    Without the stamps of an earlier set-up, which would have it trust what is there.
    """
    if not in_checkout():
        return "colcon build --packages-select emotion_perception && source install/setup.bash"
    here = shlex.quote(str(_CHECKOUT))
    return f"rm -f {here}/.venv/.wheels {here}/.venv/.package && make -C {here} setup"


def _shortened(path: Path) -> str:
    """Return the path as it is typed from here: relative if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
