"""Where a face will be: a Kalman filter over its centre and size, in seconds, whose velocity fades when nobody looks.

Each coordinate (centre x, centre y, logarithm of the size) is a position whose velocity is an Ornstein-Uhlenbeck
process: it forgets itself with a time constant, so that a prediction coasts to a stop instead of leaving the picture,
and its uncertainty stops growing without bound. With short steps this is the usual constant-velocity filter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.faces import Detection

#: Seconds after which a velocity that is no longer observed has faded to 1/e.
VELOCITY_MEMORY = 1.0
#: Standard deviation of a face's velocity: centre in face sizes per second, size in e-folds per second.
VELOCITY_STD = (2.0, 1.5, 0.5)
#: Standard deviation of a detector's box: centre in face sizes, size in e-folds.
BOX_STD = (0.05, 0.05, 0.06)
#: Degrees of freedom of the Student-t that replaces the Gaussian, so that a shaken camera does not lose everybody.
TAIL = 4.0


@dataclass
class _Coordinate:
    """Position and velocity of one coordinate with their covariance."""

    position: float
    velocity: float
    var_position: float
    covariance: float
    var_velocity: float

    def advance(self, seconds: float, velocity_variance: float) -> None:
        """Exact discretisation of dv = -v/T dt + noise, with the stationary variance ``velocity_variance``."""
        fade = math.exp(-seconds / VELOCITY_MEMORY)
        reach = VELOCITY_MEMORY * (1.0 - fade)
        self.position += reach * self.velocity
        self.velocity *= fade
        grown_v = velocity_variance * (1.0 - fade * fade)
        grown_pv = velocity_variance * VELOCITY_MEMORY * (1.0 - fade) ** 2
        grown_p = velocity_variance * VELOCITY_MEMORY * (2.0 * seconds - reach * (3.0 - fade))
        self.var_position += 2.0 * reach * self.covariance + reach * reach * self.var_velocity + max(0.0, grown_p)
        self.covariance = fade * (self.covariance + reach * self.var_velocity) + grown_pv
        self.var_velocity = fade * fade * self.var_velocity + grown_v

    def correct(self, measured: float, variance: float) -> None:
        total = self.var_position + variance
        gain_p, gain_v = self.var_position / total, self.covariance / total
        surprise = measured - self.position
        self.position += gain_p * surprise
        self.velocity += gain_v * surprise
        self.var_velocity -= gain_v * self.covariance
        self.covariance *= 1.0 - gain_p
        self.var_position *= 1.0 - gain_p


class Motion:
    """The motion of one face."""

    def __init__(self, detection: Detection) -> None:
        x, y, size = measure(detection)
        self._coordinates = [
            _Coordinate(value, 0.0, box * box, 0.0, speed * speed)
            for value, box, speed in zip(
                (x, y, size), self._scaled(BOX_STD, size), self._scaled(VELOCITY_STD, size), strict=True
            )
        ]

    @property
    def size(self) -> float:
        """Side of the face in pixels."""
        return math.exp(self._coordinates[2].position)

    @property
    def box(self) -> NDArray[np.float32]:
        """(4,) x0 y0 x1 y1 in pixels: a square where the face is expected."""
        x, y, half = self._coordinates[0].position, self._coordinates[1].position, self.size / 2
        return np.array((x - half, y - half, x + half, y + half), np.float32)

    def advance(self, seconds: float) -> None:
        """Predict ``seconds`` >= 0 ahead."""
        for coordinate, speed in zip(
            self._coordinates, self._scaled(VELOCITY_STD, self._coordinates[2].position), strict=True
        ):
            coordinate.advance(seconds, speed * speed)

    def correct(self, detection: Detection) -> None:
        """Take in the face as it was detected."""
        measured = measure(detection)
        for coordinate, value, box in zip(self._coordinates, measured, self._scaled(BOX_STD, measured[2]), strict=True):
            coordinate.correct(value, box * box)

    def log_density(self, measured: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logarithm of the density with which each row of ``measured`` (N, 3; see `measure`) is expected here; (N,)."""
        noise = self._scaled(BOX_STD, self._coordinates[2].position)
        variance = np.array([c.var_position + b * b for c, b in zip(self._coordinates, noise, strict=True)])
        surprise = measured - np.array([c.position for c in self._coordinates])
        distance = (surprise * surprise / variance).sum(axis=1)
        constant = math.lgamma((TAIL + 3) / 2) - math.lgamma(TAIL / 2) - 1.5 * math.log(TAIL * math.pi)
        log_density = constant - 0.5 * np.log(variance).sum() - (TAIL + 3) / 2 * np.log1p(distance / TAIL)
        return np.asarray(log_density, dtype=np.float64)

    @staticmethod
    def _scaled(std: tuple[float, float, float], log_size: float) -> tuple[float, float, float]:
        side = math.exp(log_size)
        return std[0] * side, std[1] * side, std[2]


def measure(detection: Detection) -> tuple[float, float, float]:
    """Centre x, y in pixels and the logarithm of the side (the geometric mean of width and height) in pixels."""
    x, y = detection.centre
    return float(x), float(y), 0.5 * math.log(max(detection.width, 1.0) * max(detection.height, 1.0))
