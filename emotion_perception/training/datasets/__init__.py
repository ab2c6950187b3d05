"""Readers, one for each form of dataset, and `open_dataset`, which chooses one (`open_for`: for a network)."""

from emotion_perception.training.datasets.opening import KINDS, kind_of, open_dataset, open_for

__all__ = ["KINDS", "kind_of", "open_dataset", "open_for"]
