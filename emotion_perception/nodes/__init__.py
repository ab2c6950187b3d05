"""Thin ROS nodes: parameters become a core object; a callback converts, calls it, converts back and publishes.

NODES is the one list of them, in the order of the data's flow; launch files, the command line, the documentation and
the tests go by it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Name of the node and of its executable and module -> class.
NODES = {
    "camera": "CameraNode",
    "face_detector": "FaceDetectorNode",
    "face_identity": "FaceIdentityNode",
    "emotion_classifier": "EmotionClassifierNode",
    "overlay": "OverlayNode",
    "speech_recognizer": "SpeechRecognizerNode",
    "dialogue": "DialogueNode",
    "speech_synthesizer": "SpeechSynthesizerNode",
}

#: Those that let a robot talk. They run only when asked for.
TALKING = ("speech_recognizer", "dialogue", "speech_synthesizer")


def node_class(name: str) -> Any:
    """Return the class of a node of NODES, importing its module only now."""
    return getattr(import_module(f"emotion_perception.nodes.{name}"), NODES[name])
