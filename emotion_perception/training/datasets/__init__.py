"""Readers, one for each form of dataset, and `open_dataset`, which chooses one."""

from emotion_perception.training.datasets.opening import KINDS, open_dataset

__all__ = ["KINDS", "open_dataset"]
