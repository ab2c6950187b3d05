"""The networks of the bench: each a module with ``INPUT`` (its input) and ``build`` (its Keras model).

Every network takes raw pixels, float32 0..255 of shape (N, S, S, C), RGB where C is 3, scales them itself, and returns
logits (N, classes). The softmax that a paper draws at the end has no parameters; the loss applies it in training, and
the robot after dividing by the temperature.
"""

from emotion_perception.training.architectures.registry import ARCHITECTURES, Input, build_model, input_of

__all__ = ["ARCHITECTURES", "Input", "build_model", "input_of"]
