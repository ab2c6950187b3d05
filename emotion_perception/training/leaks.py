"""What another run has learnt must not be what a run that profits from it is validated on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from emotion_perception.core.errors import TrainingError
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.run_folder import RunFolder


def refuse_leak(other: RunFolder, validation: Dataset, *, say: Callable[[str], None]) -> None:
    """TrainingError if ``other`` learnt from pictures of a validation part; it is said if nobody can tell.

    Pictures are told apart by their pixels, so only at one size.
    """
    if other.picture() != validation.shape:
        say(
            f"{other.path} learnt from pictures of another size, so nobody can tell whether those that this run is"
            " validated on were among them: if they were, it will look better than it is."
        )
        return
    known = int(np.isin(validation.fingerprints(), other.learnt_from()).sum())
    if known:
        raise TrainingError(
            f"{other.path} learnt from {known} of the {len(validation)} pictures that this run would be validated on,"
            " and would look better than it is: give the same --data and --validation as it had, or data without its"
            " pictures."
        )
