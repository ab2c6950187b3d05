

from emotion_perception.core.tracking.tracker import FaceTracker

__all__ = ["FaceTracker"]
