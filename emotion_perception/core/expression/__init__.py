"""Facial expression: a described network that turns aligned faces into probabilities."""

from emotion_perception.core.expression.description import ModelDescription, read_description
from emotion_perception.core.expression.model import ExpressionModel

__all__ = ["ExpressionModel", "ModelDescription", "read_description"]
