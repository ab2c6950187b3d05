"""What a camera can send, and which of it to ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: usb_cam's names for what a camera can be asked to send, and V4L2's code for each.
PIXEL_FORMATS = {
    "mjpeg2rgb": "MJPG",
    "raw_mjpeg": "MJPG",
    "mjpeg": "MJPG",
    "yuyv": "YUYV",
    "yuyv2rgb": "YUYV",
    "uyvy": "UYVY",
    "uyvy2rgb": "UYVY",
    "rgb8": "RGB3",
    "mono8": "GREY",
}

_SAME_RATE = 0.5  # frames per second; 29.97 passes for 30


@dataclass(frozen=True)
class FrameSize:
    """A size of pictures, or every size from the least to the most, with frames per second at the largest.

    rates: as the driver lists them; of a camera that takes any rate, the fastest and the slowest. May be empty.
    """

    least_width: int
    least_height: int
    width: int
    height: int
    rates: tuple[float, ...] = ()

    def __str__(self) -> str:
        least = f"{self.least_width}x{self.least_height}"
        most = f"{self.width}x{self.height}"
        rates = "/".join(f"{rate:.4g}" for rate in sorted(self.rates, reverse=True))
        return (most if least == most else f"{least}…{most}") + (f" at {rates} fps" if rates else "")

    def includes(self, width: int, height: int) -> bool:
        """Whether the camera gives pictures of that size."""
        return self.least_width <= width <= self.width and self.least_height <= height <= self.height


@dataclass(frozen=True)
class PixelFormat:
    """A form in which a camera sends pictures: V4L2's code, e.g. MJPG, the driver's words for it, and sizes."""

    fourcc: str
    description: str
    sizes: tuple[FrameSize, ...]

    def fastest(self, width: int, height: int) -> float | None:
        """Return the most frames per second at a size, 0 if the driver does not say; None if it has not that size."""
        rates = [max(size.rates, default=0.0) for size in self.sizes if size.includes(width, height)]
        return max(rates, default=None)


def choose_format(formats: Iterable[PixelFormat], width: int, height: int, rate: float) -> str | None:
    """Return "YUYV" or "MJPG", None to leave it to the driver.

    Uncompressed pictures cost no decoding and have no artefacts, so YUYV it is where it has the size at the rate. USB 2
    carries 640x480 at 30 frames per second so, but no more; JPEG is for what is larger or faster.
    """
    offered = {each.fourcc: each.fastest(width, height) for each in formats}
    plain, jpeg = offered.get("YUYV"), offered.get("MJPG")
    if plain is None or jpeg is None:
        return "MJPG" if jpeg is not None else "YUYV" if plain is not None else None
    return "MJPG" if plain < rate - _SAME_RATE and plain < jpeg else "YUYV"
