from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

MakeVideo = Callable[..., Path]


def quadrants(width: int, height: int) -> NDArray[np.uint8]:
    """A bgr8 picture: red top left, green top right, blue bottom left, white bottom right."""
    image = np.full((height, width, 3), 255, np.uint8)
    image[: height // 2, : width // 2] = (0, 0, 255)
    image[: height // 2, width // 2 :] = (0, 255, 0)
    image[height // 2 :, : width // 2] = (255, 0, 0)
    return image


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """make_video("a.mp4", times=[0, 0.04, 0.1]) -> an H.264 file of quadrants, frames at those times (seconds)."""

    def make(
        name: str = "clip.mp4",
        *,
        times: Sequence[float] = tuple(index / 25 for index in range(20)),
        size: tuple[int, int] = (64, 48),
        pixel_shape: Fraction = Fraction(1),
        noise: int = 0,
    ) -> Path:
        random = np.random.default_rng(0)
        path = tmp_path / name
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream("libx264", rate=25, options={"crf": "10", "bf": "2"})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.codec_context.time_base = Fraction(1, 90000)
            stream.codec_context.sample_aspect_ratio = pixel_shape
            for time in times:
                image = quadrants(*size)
                image[:, : noise or 0] = random.integers(0, 255, (size[1], noise, 3))
                frame = av.VideoFrame.from_ndarray(image, format="bgr24")
                frame.pts, frame.time_base = round(time * 90000), Fraction(1, 90000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make
