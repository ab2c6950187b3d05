"""A second head that learns FER+'s votes while a network is trained, and is left out of what is kept.

The features then serve two descriptions of a face (Caruana, 1997): the label, which the network is to give, and what
ten people saw, which is less noisy. Votes mixed into the label's target (``ferplus``) would bend the answer itself.
"""

from __future__ import annotations

import keras
from keras import layers

from emotion_perception.core.errors import TrainingError


def with_votes_head(model: keras.Model, expressions: int) -> keras.Model:
    """Return a model of the same layers whose answer is (N, classes + expressions): its logits, and the votes'.

    TrainingError for an architecture whose logits are no layer on features (mini_xception).
    """
    logits = model.get_layer("logits")
    if len(logits.input.shape) != 2:
        raise TrainingError(f"{model.name} has no features that a head of votes could learn from: give votes_head 0.")
    votes = layers.Dense(expressions, name="votes")(logits.input)
    return keras.Model(model.input, layers.Concatenate(dtype="float32")([logits.output, votes]))
