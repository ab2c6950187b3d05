"""Brings GStreamer into this Python: apt's `gi`, also into a virtual environment that does not see apt's packages."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from emotion_perception.core.errors import SourceError

#: Where Debian and Ubuntu install Python packages for their own Python.
_DIST_PACKAGES = Path("/usr/lib/python3/dist-packages")
INSTALL = (
    "sudo apt-get install python3-gi python3-gst-1.0 gir1.2-gst-plugins-base-1.0 gstreamer1.0-plugins-base "
    "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav"
)


@cache
def load_gst() -> Any:
    """Return GStreamer's namespace (gi.repository.Gst), initialised.

    Raises SourceError with the line that installs what is missing.
    """
    try:
        if importlib.util.find_spec("gi") is None:
            _import_from(_DIST_PACKAGES / "gi")
        import gi

        for name in ("Gst", "GstApp"):
            gi.require_version(name, "1.0")
        from gi.repository import Gst, GstApp  # noqa: F401  (appsink's methods)

        import_module("gi.overrides._gi_gst")  # python3-gst-1.0; without it every frame would be copied once more
    except (ImportError, ValueError) as error:
        raise SourceError(f"GStreamer is not installed for this Python ({error}): {INSTALL}") from error
    Gst.init(None)
    return Gst


def _import_from(folder: Path) -> None:
    """Import the one package in ``folder``, and nothing else from beside it: apt's NumPy would shadow ours."""
    suffix = f".cpython-{sys.version_info.major}{sys.version_info.minor}-"
    if not any(suffix in path.name for path in folder.glob("_gi.*.so")):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise ImportError(f"{folder} holds none for Python {version}" if folder.is_dir() else f"there is no {folder}")
    spec = importlib.util.spec_from_file_location(
        folder.name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} is not a package")
    module = importlib.util.module_from_spec(spec)
    sys.modules[folder.name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[folder.name]
        raise
