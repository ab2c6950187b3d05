"""camera: frames of any source -> image_raw, image_raw/compressed, camera_info."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from sensor_msgs.srv import SetCameraInfo
from std_srvs.srv import SetBool

from emotion_perception.core.errors import PerceptionError, SourceError
from emotion_perception.msg import EmotionArray, IdentityArray
from emotion_perception.nodes.camera_info import CameraInfoKeeper
from emotion_perception.ros.flow import FlowControl
from emotion_perception.ros.images import bgr_to_compressed, bgr_to_image
from emotion_perception.ros.messages import header_at, nanoseconds
from emotion_perception.ros.node import PerceptionNode
from emotion_perception.ros.parameters import Applies, NodeParameters, parameter
from emotion_perception.ros.process import run_node
from emotion_perception.ros.qos import IMAGE_OUTPUT, RELIABLE
from emotion_perception.sources.base import Diagnosed, Frame, SourceOptions
from emotion_perception.sources.camera_controls import CameraControls
from emotion_perception.sources.capture import Capture, CaptureState
from emotion_perception.sources.stream import without_password
from emotion_perception.sources.uri import open_source

#: What the graph makes of a frame at last: a lossless source waits for it.
_LAST_STAGES = {EmotionArray: "emotion", IdentityArray: "identities"}
_AUDIENCE_TIMEOUT = 3.0  # seconds that a recording waits for its first subscriber
_HIGHEST = 65535  # of a camera's control; cameras say what they take


@dataclass(frozen=True)
class CameraParameters(NodeParameters):
    """What can be set of a camera; names are usb_cam's where it has one."""

    source: str = parameter("usb:", "Where frames come from: usb:0, nao://robot, rtsp://…, file:clip.mp4, synthetic:")
    video_device: str = parameter("/dev/video0", "The camera of usb: when the source names none.")
    image_width: int = parameter(640, "Pixels; asked of a camera.", low=1, high=16384)
    image_height: int = parameter(480, "Pixels; asked of a camera.", low=1, high=16384)
    framerate: float = parameter(30.0, "Frames per second; asked of a camera, pace of images:", low=0.01, high=1000.0)
    pixel_format: str = parameter("", "What to ask of a camera, e.g. mjpeg or yuyv; empty: what suits size and rate.")
    gscam_config: str = parameter("", "The pipeline of gstreamer:, in the words of gst-launch-1.0.")
    timestamp_offset: float = parameter(
        0.0, "Seconds added to the stamps of a live source; negative for a known delay.", low=-10.0, high=10.0
    )
    brightness: int = parameter(-1, "Of a camera; -1 leaves it alone.", low=-1, high=_HIGHEST)
    contrast: int = parameter(-1, "Of a camera; -1 leaves it alone.", low=-1, high=_HIGHEST)
    saturation: int = parameter(-1, "Of a camera; -1 leaves it alone.", low=-1, high=_HIGHEST)
    sharpness: int = parameter(-1, "Of a camera; -1 leaves it alone.", low=-1, high=_HIGHEST)
    gain: int = parameter(-1, "Of a camera; -1 leaves it alone.", low=-1, high=_HIGHEST)
    auto_white_balance: int = parameter(-1, "Of a camera: 1 on, 0 off, -1 leaves it alone.", low=-1, high=1)
    white_balance: int = parameter(
        -1, "Kelvin, switches auto_white_balance off; -1 leaves it alone.", low=-1, high=_HIGHEST
    )
    autoexposure: int = parameter(-1, "Of a camera: 1 on, 0 off, -1 leaves it alone.", low=-1, high=1)
    exposure: int = parameter(-1, "In 0.1 ms, switches autoexposure off; -1 leaves it alone.", low=-1, high=_HIGHEST)
    autofocus: int = parameter(-1, "Of a camera: 1 on, 0 off, -1 leaves it alone.", low=-1, high=1)
    focus: int = parameter(-1, "Of a camera, switches autofocus off; -1 leaves it alone.", low=-1, high=_HIGHEST)
    loop: bool = parameter(False, "Start a file or folder again at its end.")
    lossless: bool = parameter(False, "Play a file as fast as the graph consumes it, and no frame faster.")
    frame_id: str = parameter("camera", "Frame of the images (header.frame_id).")
    camera_name: str = parameter("", "Expected camera_name of the calibration; empty takes any.")
    camera_info_url: str = parameter("", "Calibration: file:///path.yaml or package://package/path.yaml; empty: none.")
    jpeg_quality: int = parameter(80, "Of image_raw/compressed.", low=1, high=100, applies=Applies.LIVE)


class CameraNode(PerceptionNode[CameraParameters]):
    """Publishes the frames of a source; a camera that is absent or lost is awaited, and told about once."""

    PARAMETERS = CameraParameters

    def __init__(self, **options: object) -> None:
        super().__init__("camera", **options)
        self.ended = False
        #: Why a recording could not be opened, or was given up; a live camera is awaited instead.
        self.missing: str | None = None
        self.aborted: str | None = None
        self.last_stamp: int | None = None
        self._captured: OrderedDict[int, float] = OrderedDict()
        self._capture: Capture | None = None
        self._flow: FlowControl | None = None
        self._set_info: Any = None
        self._audience = self.create_timer(_AUDIENCE_TIMEOUT, self._begin, clock=self._steady)
        self._audience.cancel()
        self._quality = self.create_timer(1.0, self._show_source, clock=self._steady)
        self._quality.cancel()
        self.create_service(SetBool, "set_capture", self._set_capture)

    @property
    def source_description(self) -> str:
        """What frames come from and, of a stream, what reads it; once configured."""
        return self._source.description

    def captured_at(self, stamp: int) -> float | None:
        """Return the steady time (time.monotonic) at which the frame with this stamp (ns) was published, if recent."""
        return self._captured.get(stamp)

    def configure(self) -> None:
        """Check the source's description and the calibration; open the outputs."""
        asked = self.parameters
        options = SourceOptions(
            video_device=asked.video_device,
            image_width=asked.image_width,
            image_height=asked.image_height,
            framerate=asked.framerate,
            pixel_format=asked.pixel_format,
            loop=asked.loop,
            gscam_config=asked.gscam_config,
            controls=CameraControls(**{each.name: getattr(asked, each.name) for each in fields(CameraControls)}),
        )
        self._source = open_source(asked.source, options, report=self._report)
        if asked.lossless and self._source.live:
            raise SourceError(f"source {without_password(asked.source)} is live and cannot wait: set lossless to false")
        self._calibration = CameraInfoKeeper(asked.camera_info_url, asked.camera_name, self.health)
        self._set_info = self.create_service(SetCameraInfo, "set_camera_info", self._calibration.set)
        qos = RELIABLE if asked.lossless else IMAGE_OUTPUT
        self._image = self.output(Image, "image_raw", qos, matched=self._note_audience)
        self._compressed = self.output(CompressedImage, "image_raw/compressed", qos, matched=self._note_audience)
        self._info = self.output(CameraInfo, "camera_info", RELIABLE)
        self._show_source()
        self._quality.reset()

    def activate(self) -> None:
        """Start capturing: a camera at once, a recording when someone looks."""
        asked = self.parameters
        self.ended = False
        self.last_stamp = None
        self._calibration.begin()
        if asked.lossless:
            self._last_stages = {
                topic: self.input(kind, topic, partial(self._note_result, topic), RELIABLE, watched=False, prompt=True)
                for kind, topic in _LAST_STAGES.items()
            }
        self._capture = Capture(
            self._source,
            self._publish,
            clock=lambda: int(self.get_clock().now().nanoseconds),
            on_state=self._note_state,
            report=self._report,
            real_time=not asked.lossless,
            timestamp_offset=asked.timestamp_offset,
        )
        self._begun = False
        if self._source.live or self._image.subscribers or self._compressed.subscribers:
            self._begin()
        else:
            self._audience.reset()

    def deactivate(self) -> None:
        """Stop capturing and let go of the device."""
        self._audience.cancel()
        self._close_flow()
        if self._capture:
            self._capture.stop()
            self._capture = None

    def cleanup(self) -> None:
        """Say no more about the source and take no calibration."""
        self._quality.cancel()
        if self._set_info:
            self.destroy_service(self._set_info)
            self._set_info = None

    def _report(self, sentence: str) -> None:
        self.health.moment("source report", sentence)

    def _show_source(self) -> None:
        """Show in diagnostics what is known about the source by now."""
        self.detail("source", self._source.description)
        if isinstance(self._source, Diagnosed):
            for key, value in self._source.diagnosis().items():
                self.detail(key, value)

    def _open_flow(self) -> None:
        if self.parameters.lossless and self._flow is None:
            # A stage that does not run is not waited for; emotion always is, so that a run without it fails.
            running = [stage for stage, results in self._last_stages.items() if results.publishers]
            self._flow = FlowControl({"emotion", *running})

    def _close_flow(self) -> None:
        if self._flow:
            self._flow.close()
            self._flow = None

    def _note_audience(self, subscribers: int) -> None:
        if subscribers:
            self._begin()

    def _note_result(self, stage: str, message: EmotionArray | IdentityArray) -> None:
        if self._flow:
            self._flow.finished(stage, nanoseconds(message.header))

    def _begin(self) -> None:
        self._audience.cancel()
        if self._capture and not self._begun:
            self._begun = True
            self._open_flow()
            self._capture.start()

    def _set_capture(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        if self._capture is None:
            response.message = "the camera is not active"
        else:
            response.success = True
            self._begun = True  # by hand from now on, whoever looks
            self._audience.cancel()
            if request.data:
                self.ended = False
                self._open_flow()
                self._capture.start()
            else:
                self._close_flow()  # or the capture would wait for results that this thread has to take
                self._capture.stop()
            response.message = "capturing" if request.data else "stopped"
        return response

    def _publish(self, frame: Frame, stamp: int) -> None:
        flow = self._flow
        if flow:
            try:
                if not flow.admit(stamp):
                    return
            except PerceptionError as error:
                self.aborted = f"camera: {error}"
                self.health.problem("flow", str(error))
                flow.close()
                self.ended = True
                return
        header = header_at(stamp, self.parameters.frame_id)
        self._note_capture(frame, stamp)
        if self._image.subscribers:
            self._image.publish(bgr_to_image(frame.image, header))
        if self._compressed.subscribers:
            self._compressed.publish(bgr_to_compressed(frame.image, header, quality=self.parameters.jpeg_quality))
        height, width = frame.image.shape[:2]
        self._info.publish(self._calibration.message(header, width, height))
        self.health.processed(time.monotonic() - self._captured[stamp])

    def _note_capture(self, frame: Frame, stamp: int) -> None:
        moment = time.monotonic() if frame.captured is None else 1e-9 * frame.captured
        self._captured[stamp] = moment
        while len(self._captured) > 100:
            self._captured.popitem(last=False)
        self.last_stamp = stamp

    def _note_state(self, state: CaptureState, sentence: str) -> None:
        lost = state in (CaptureState.LOST, CaptureState.STALE)
        self.detail("capture", state)
        self.detail("stale", "true" if lost else "false")
        if lost:
            self.health.problem("source", sentence)
            if self.last_stamp is None and not self._source.live:
                self.missing = sentence
        elif state is CaptureState.RUNNING:
            self.missing = None
            self.health.clear("source")
        elif state is CaptureState.ENDED:
            self.ended = True
            self.get_logger().info(sentence)


def main() -> int:
    """Run the node."""
    return run_node(CameraNode)
