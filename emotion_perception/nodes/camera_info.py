"""The camera node's calibration: read from camera_info_url, published with each image, replaced by set_camera_info."""

from __future__ import annotations

import os

from ament_index_python.packages import get_package_share_directory
from sensor_msgs.msg import CameraInfo
from sensor_msgs.srv import SetCameraInfo
from std_msgs.msg import Header

from emotion_perception.core.errors import ParameterError
from emotion_perception.ros.health import Health, Level
from emotion_perception.sources.calibration import Calibration, calibration_path, load_calibration, save_calibration


class CameraInfoKeeper:
    """Keeps a calibration and says in diagnostics when it does not belong to the camera.

    url: camera_info_url; "" for none. A file that does not exist yet is one that `set` will write.
    name: expected camera_name; "" takes any.
    Raises ParameterError when the url's file cannot be understood.
    """

    def __init__(self, url: str, name: str, health: Health) -> None:
        self._url, self._name = url, name
        self._health = health
        self._size = (0, 0)
        self._complaint = ""
        self._calibration = self._load()
        self._message: CameraInfo | None = None
        self._filled_by: Calibration | None = None

    def begin(self) -> None:
        """Say in diagnostics what is wrong, also after a deactivation, which forgets every problem."""
        self._size = (0, 0)
        if self._complaint:
            self._health.problem("calibration", self._complaint, level=Level.WARN)

    def message(self, header: Header, width: int, height: int) -> CameraInfo:
        """Return the camera_info of an image of that size, zeros if the camera is not calibrated; valid until the next.

        It is filled anew only for another size or calibration: rclpy looks at each number, which takes 0.1 ms.
        """
        if self._size != (width, height):
            self._size = (width, height)
            self._message = None
            self._check_size()
        calibration, message = self._calibration, self._message
        if message is None or calibration is not self._filled_by:
            message = self._message = self._fill(calibration or Calibration.uncalibrated(width, height))
            self._filled_by = calibration
        message.header = header
        return message

    @staticmethod
    def _fill(calibration: Calibration) -> CameraInfo:
        return CameraInfo(
            width=calibration.width,
            height=calibration.height,
            distortion_model=calibration.distortion_model,
            d=calibration.d,
            k=calibration.k,
            r=calibration.r,
            p=calibration.p,
        )

    def set(self, request: SetCameraInfo.Request, response: SetCameraInfo.Response) -> SetCameraInfo.Response:
        """Take a calibration, from cameracalibrator's COMMIT as a rule, and keep it in the url's file."""
        try:
            self._replace(request.camera_info)
        except ParameterError as error:
            response.status_message = str(error)
        else:
            response.success = True
            response.status_message = f"written to {self._url}"
        return response

    def _load(self) -> Calibration | None:
        if not self._url:
            return None
        path = calibration_path(self._url, find_package_share=get_package_share_directory)
        if not os.access(path, os.F_OK):  # Path's `exists` raises where it may not look, or the name is too long
            self._complaint = (
                f"camera_info_url {self._url} is not there: correct it, or calibrate the camera, which will write it"
            )
            return None
        calibration = load_calibration(self._url, find_package_share=get_package_share_directory)
        if self._name and calibration.camera_name != self._name:
            self._complaint = (
                f'camera_info_url is the calibration of "{calibration.camera_name}", but camera_name is '
                f'"{self._name}": give the right file, or the right name'
            )
        return calibration

    def _replace(self, info: CameraInfo) -> None:
        if not self._url:
            raise ParameterError(
                "camera_info_url is empty, so there is no file to keep a calibration in: set it to file:///path.yaml"
            )
        known = self._calibration.camera_name if self._calibration else ""
        try:
            calibration = Calibration(
                width=int(info.width),
                height=int(info.height),
                distortion_model=info.distortion_model,
                d=tuple(map(float, info.d)),
                k=tuple(map(float, info.k)),
                r=tuple(map(float, info.r)),
                p=tuple(map(float, info.p)),
                camera_name=self._name or known or "camera",
            )
        except ValueError as error:
            raise ParameterError(f"that is not a camera calibration ({error}): calibrate again") from error
        save_calibration(calibration, calibration_path(self._url, find_package_share=get_package_share_directory))
        self._calibration = calibration
        self._complaint = ""
        self._health.clear("calibration")
        if self._size != (0, 0):
            self._check_size()

    def _check_size(self) -> None:
        if self._calibration is None:
            return
        try:
            self._calibration.check_size(*self._size)
        except ParameterError as error:
            self._health.problem("calibration size", str(error), level=Level.WARN)
        else:
            self._health.clear("calibration size")
