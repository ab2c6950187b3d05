"""Facial expression: a described network that turns aligned faces into probabilities."""

from emotion_perception.core.expression.description import ModelDescription, read_description
from emotion_perception.core.expression.model import DEFAULT_MODEL, ExpressionModel

__all__ = ["DEFAULT_MODEL", "ExpressionModel", "ModelDescription", "read_description"]
