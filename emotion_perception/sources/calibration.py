"""Camera calibrations in the yaml format that ROS tools write (camera_calibration_parsers)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from emotion_perception.core.errors import ParameterError


@dataclass(frozen=True)
class Calibration:
    """The content of a sensor_msgs/CameraInfo.

    width, height: pixels of the pictures it was made with.
    d: distortion coefficients; k: 3x3, r: 3x3, p: 3x4 matrices, row by row.
    """

    width: int
    height: int
    distortion_model: str
    d: tuple[float, ...]
    k: tuple[float, ...]
    r: tuple[float, ...]
    p: tuple[float, ...]
    camera_name: str = ""

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
    path = _resolve(url, find_package_share)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(f"camera_info_url {url} cannot be read ({error.strerror}: {path})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise ParameterError(f"camera_info_url {url} is not a yaml file ({reason}): calibrate again") from error
    try:
        return _parse(content)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ParameterError(
            f"camera_info_url {url} is not a camera calibration ({reason}): "
            "make one with camera_calibration's cameracalibrator"
        ) from error


def _resolve(url: str, find_package_share: Callable[[str], str | Path]) -> Path:
    scheme, separator, rest = url.partition("://")
    if not separator:
        return Path(url).expanduser()
    if scheme == "file":
        return Path(unquote(rest))
    if scheme == "package":
        package, _, relative = rest.partition("/")
        try:
            return Path(find_package_share(package)) / unquote(relative)
        except LookupError as error:
            raise ParameterError(
                f'camera_info_url {url} names the package "{package}", which is not installed'
            ) from error
    raise ParameterError(
        f"camera_info_url {url} has the unknown scheme {scheme}://: use file:///path or package://name/path"
    )


def _parse(content: Any) -> Calibration:
    if not isinstance(content, Mapping):
        raise TypeError("it holds no keys")
    width, height = int(content["image_width"]), int(content["image_height"])
    if width < 1 or height < 1:
        raise ValueError(f"its image is {width}x{height}")
    return Calibration(
        width=width,
        height=height,
        distortion_model=str(content.get("distortion_model", "plumb_bob")),
        d=_matrix(content, "distortion_coefficients", None),
        k=_matrix(content, "camera_matrix", 9),
        r=_matrix(content, "rectification_matrix", 9),
        p=_matrix(content, "projection_matrix", 12),
        camera_name=str(content.get("camera_name", "")),
    )


def _matrix(content: Mapping[str, Any], name: str, size: int | None) -> tuple[float, ...]:
    values = tuple(float(value) for value in content[name]["data"])
    if size is not None and len(values) != size:
        raise ValueError(f"{name} has {len(values)} numbers instead of {size}")
    if not all(map(math.isfinite, values)):
        raise ValueError(f"{name} has a number that is not finite")
    return values
