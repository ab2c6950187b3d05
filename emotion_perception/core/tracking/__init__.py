"""Gives every face an id that stays with the person while they are in view."""

from emotion_perception.core.tracking.tracker import FaceTracker

__all__ = ["FaceTracker"]
