"""From a distance between two embeddings to the probability that they are one person's."""

from __future__ import annotations

import math

#: Where the probability is one half, and how fast it falls: logistic regression on all pairs of the 20 people with odd
#: numbers in core.identity.portraits, same and different ones weighing as much in total. `emotion-perception people
#: evaluate` fits them anew, and compares the confidence with what is true of the other 20 people.
MIDDLE = 0.536
STEEPNESS = 76.0


def confidence(distance: float) -> float:
    """Return the probability, 0..1, that two faces at this distance (of DlibResnet's) are one person's.

    For somebody as likely to be that person as not; a robot that knows a thousand people should be surer than this.
    """
    return 1 / (1 + math.exp(min(700.0, STEEPNESS * (distance - MIDDLE))))
