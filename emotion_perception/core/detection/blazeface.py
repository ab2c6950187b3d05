"""BlazeFace, MediaPipe's single-shot face detectors: pre-processing, anchors and decoding around the bare networks.

Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019. A network looks at one
square picture; what lies around a longer one is black.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.detection.candidates import Candidates, Region, average_duplicates
from emotion_perception.core.errors import ModelError
from emotion_perception.core.inference import load_model

#: Right eye, left eye, nose tip, mouth centre, right and left ear: what the networks give.
POINTS = 6


@dataclass(frozen=True)
class Variant:
    """A network of the family: the side of its square input, and (stride, anchors per cell) of each feature map."""

    input_size: int
    grids: tuple[tuple[int, int], ...]


_SHORT = Variant(128, ((8, 2), (16, 6)))
_BACK = Variant(256, ((16, 2), (32, 6)))
_FULL = Variant(192, ((4, 1),))
#: The variant behind the name of each backend, which is also the name of its weights in the manifest.
VARIANTS = {
    "blazeface_full_range": _FULL,
    "blazeface_full_range_sparse": _FULL,
    "blazeface_back": _BACK,
    "blazeface_short": _SHORT,
}


def anchors(variant: Variant) -> NDArray[np.float32]:
    """(N, 2) anchor centres in pixels of the network's input, in the order of its outputs.

    MediaPipe's ssd_anchors_calculator with the options of its face detection graphs: anchor_offset 0.5 puts them into
    the middle of the cells, row by row; fixed_anchor_size makes every anchor 1x1, so that only its centre matters;
    maps of equal stride share their cells, which therefore hold several anchors in a row.
    """
    parts = []
    for stride, per_cell in variant.grids:
        steps = (np.arange(variant.input_size // stride, dtype=np.float32) + np.float32(0.5)) * np.float32(stride)
        cells = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        parts.append(np.repeat(cells, per_cell, axis=0))
    return np.concatenate(parts)


class BlazeFace:
    """One network of the family with the arrays it works in; belongs to one thread at a time."""

    def __init__(self, path: Path, variant: Variant) -> None:
        self._network = load_model(path)
        self._anchors = anchors(variant)
        side = variant.input_size
        self.input_size = side
        self._letterbox = np.zeros((side, side, 3), np.uint8)
        self._rgb = np.zeros_like(self._letterbox)
        self._input = np.zeros((1, side, side, 3), np.float32)
        if self._network.input_shapes != (self._input.shape,):
            raise ModelError(
                f"model {path} takes {self._network.input_shapes} and not one {self._input.shape}: give the backend"
                " its own weights, or choose the backend of these."
            )
        shapes = sorted((output.shape for output in self._network.run(self._input)), key=lambda shape: shape[-1])
        if shapes != [(1, len(self._anchors), 1), (1, len(self._anchors), 4 + 2 * POINTS)]:
            raise ModelError(f"model {path} gives {shapes}, which is no BlazeFace: give the backend its own weights.")

    def look(self, image: NDArray[np.uint8], region: Region, least_score: float) -> Candidates:
        """Find faces in ``region`` of a bgr image; coordinates are pixels of the whole image, the best face first.

        least_score: 0..1, exclusive. Faces smaller than about 1/20 of the region's longer side go unseen.
        """
        x0, y0, x1, y1 = region
        height, width = y1 - y0, x1 - x0
        scale = self.input_size / max(width, height)
        inner_width, inner_height = max(1, round(width * scale)), max(1, round(height * scale))
        left, top = (self.input_size - inner_width) // 2, (self.input_size - inner_height) // 2
        self._letterbox.fill(0)
        inner = self._letterbox[top : top + inner_height, left : left + inner_width]
        # Bilinear also where it skips pixels: averaging takes 0.6 ms more at VGA, 6 ms at 4K, for 1 % more faces.
        cv2.resize(image[y0:y1, x0:x1], (inner_width, inner_height), dst=inner, interpolation=cv2.INTER_LINEAR)
        cv2.cvtColor(self._letterbox, cv2.COLOR_BGR2RGB, dst=self._rgb)
        np.multiply(self._rgb, np.float32(2 / 255), out=self._input[0])
        np.subtract(self._input, np.float32(1), out=self._input)
        found = average_duplicates(self._decode(self._network.run(self._input), least_score))
        offset = np.array((left, top), np.float32)
        stretch = np.array((width / inner_width, height / inner_height), np.float32)
        origin = np.array((x0, y0), np.float32)
        boxes = (found.boxes.reshape(-1, 2, 2) - offset) * stretch + origin
        return Candidates(boxes.reshape(-1, 4), found.scores, (found.points - offset) * stretch + origin)

    def _decode(self, outputs: list[NDArray[np.float32]], least_score: float) -> Candidates:
        """Turn the network's outputs into candidates above ``least_score``, in pixels of its input.

        Outputs hold a logit for each anchor, and 16 offsets in pixels: box centre from the anchor, box size, points
        from the anchor (MediaPipe's tensors_to_detections_calculator with reverse_output_order). What is not finite
        is no face.
        """
        offsets, logits = (outputs[0], outputs[1]) if outputs[0].shape[-1] > 1 else (outputs[1], outputs[0])
        logits = logits.reshape(-1)
        # On the logits, and before any decoding: of 2,304 anchors a few dozen are left.
        above = np.flatnonzero(logits > np.float32(np.log(least_score / (1 - least_score))))
        pairs = offsets.reshape(len(logits), -1, 2)[above]
        ok = np.isfinite(pairs).all(axis=(1, 2)) & (pairs[:, 1] > 0).all(axis=1)
        pairs, above = pairs[ok], above[ok]
        centres = self._anchors[above]
        middles, halves = centres + pairs[:, 0], pairs[:, 1] / np.float32(2)
        boxes = np.concatenate((middles - halves, middles + halves), axis=1)
        scores = np.float32(1) / (np.float32(1) + np.exp(-np.minimum(logits[above], np.float32(50))))
        return Candidates(boxes, scores, pairs[:, 2:] + centres[:, np.newaxis])
