"""Draws what is known about the faces onto a picture: boxes, names, expressions and their probabilities."""

from emotion_perception.core.drawing.overlay import OverlayFace, draw_overlay

__all__ = ["OverlayFace", "draw_overlay"]
