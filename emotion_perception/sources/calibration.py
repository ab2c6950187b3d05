"""Camera calibrations in the yaml format that ROS tools write (camera_calibration_parsers)."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from emotion_perception.core.errors import ParameterError

#: Matrix -> its key in a file, and how many numbers it has (None: the distortion model decides).
_KEYS = {
    "d": "distortion_coefficients",
    "k": "camera_matrix",
    "r": "rectification_matrix",
    "p": "projection_matrix",
}
_LARGEST = 2**32 - 1  # that a CameraInfo holds
_LENGTHS = {"d": None, "k": 9, "r": 9, "p": 12}


@dataclass(frozen=True)
class Calibration:
    """The content of a sensor_msgs/CameraInfo.

    width, height: pixels of the pictures it was made with.
    d: distortion coefficients; k: 3x3, r: 3x3, p: 3x4 matrices, row by row.
    Raises ValueError for what cannot be a calibration.
    """

    width: int
    height: int
    distortion_model: str
    d: tuple[float, ...]
    k: tuple[float, ...]
    r: tuple[float, ...]
    p: tuple[float, ...]
    camera_name: str = ""

    def __post_init__(self) -> None:
        if not (1 <= self.width <= _LARGEST and 1 <= self.height <= _LARGEST):
            raise ValueError(f"its image is {self.width}x{self.height}")
        for name, size in _LENGTHS.items():
            values = getattr(self, name)
            if size is not None and len(values) != size:
                raise ValueError(f"{_KEYS[name]} has {len(values)} numbers instead of {size}")
            if not all(map(math.isfinite, values)):
                raise ValueError(f"{_KEYS[name]} has a number that is not finite")

    @classmethod
    def uncalibrated(cls, width: int, height: int) -> Calibration:
        """Return what an uncalibrated camera publishes: its size, and zeros.

        K[0] == 0 is how sensor_msgs/CameraInfo says "uncalibrated", and every node that measures in space checks it. A
        guessed focal length would pass that check and quietly turn into wrong distances.
        """
        return cls(width, height, "", (), (0.0,) * 9, (0.0,) * 9, (0.0,) * 12)

    def check_size(self, width: int, height: int) -> None:
        """Raise ParameterError when pictures of that size do not belong to this calibration."""
        if (width, height) != (self.width, self.height):
            raise ParameterError(
                f"camera_info_url describes pictures of {self.width}x{self.height}, but the source gives "
                f"{width}x{height}: set image_width and image_height to match, or calibrate again"
            )


def load_calibration(url: str, *, find_package_share: Callable[[str], str | Path]) -> Calibration:
    """Read the calibration at a file:// or package:// URL or a plain path.

    find_package_share: returns the share folder of a ROS package (ament_index_python's get_package_share_directory).
    Raises ParameterError when it cannot be found, read or understood.
    """
    path = calibration_path(url, find_package_share=find_package_share)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(f"camera_info_url {url} cannot be read ({error.strerror}: {path})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise ParameterError(f"camera_info_url {url} is not a yaml file ({reason}): calibrate again") from error
    try:
        return _parse(content)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ParameterError(
            f"camera_info_url {url} is not a camera calibration ({reason}): "
            "make one with camera_calibration's cameracalibrator"
        ) from error


def save_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration in place of what is there, in one step: a reader finds the old one or the new one.

    Makes the folder if need be. Raises ParameterError when it cannot be written.
    """
    content = {
        "image_width": calibration.width,
        "image_height": calibration.height,
        "camera_name": calibration.camera_name,
        "camera_matrix": _as_matrix(calibration.k, 3),
        "distortion_model": calibration.distortion_model,
        "distortion_coefficients": _as_matrix(calibration.d, 1),
        "rectification_matrix": _as_matrix(calibration.r, 3),
        "projection_matrix": _as_matrix(calibration.p, 3),
    }
    text = yaml.safe_dump(content, sort_keys=False, default_flow_style=None, allow_unicode=True, width=1000)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise ParameterError(
            f"the calibration cannot be written ({error.strerror}: {path}): set camera_info_url to a file:///path.yaml "
            "that you may write to"
        ) from error


def calibration_path(url: str, *, find_package_share: Callable[[str], str | Path]) -> Path:
    """Return the file that a file:// or package:// URL or a plain path names, whether it exists or not.

    find_package_share: see `load_calibration`. Raises ParameterError for another scheme or an unknown package.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return Path(url).expanduser()
    if scheme == "file":
        return Path(unquote(rest))
    if scheme == "package":
        package, _, relative = rest.partition("/")
        try:
            return Path(find_package_share(package)) / unquote(relative)
        except (LookupError, ValueError) as error:  # not there, or no name of a package
            raise ParameterError(
                f'camera_info_url {url} names the package "{package}", which is not installed'
            ) from error
    raise ParameterError(
        f"camera_info_url {url} has the unknown scheme {scheme}://: use file:///path or package://name/path"
    )


def _parse(content: Any) -> Calibration:
    if not isinstance(content, Mapping):
        raise TypeError("it holds no keys")
    matrices = {name: tuple(float(value) for value in content[key]["data"]) for name, key in _KEYS.items()}
    return Calibration(
        width=int(content["image_width"]),
        height=int(content["image_height"]),
        distortion_model=str(content.get("distortion_model", "plumb_bob")),
        camera_name=str(content.get("camera_name", "")),
        **matrices,
    )


def _as_matrix(values: tuple[float, ...], rows: int) -> dict[str, Any]:
    return {"rows": rows, "cols": len(values) // rows, "data": list(values)}
