"""Keeps coded pictures from the decoder that a lost packet left damaged, or that refer to such a one."""

from __future__ import annotations

#: Pictures that a gap in the packets may have damaged: the one that comes first after it, and the one behind that,
#: whose beginning may be in the same gap.
_SUSPECTS = 2


class KeyframeGate:
    """Opens at a whole key frame, and shuts at every gap, and when pictures come too late.

    H.264 decoders make up what a lost packet held, and go on from there, without a word. So after a gap every picture
    is held back until a key frame that the gap cannot have touched. A sender without key frames (periodic intra
    refresh) therefore never gets through again.

    Pictures that a slow decoder kept waiting cannot be left out one by one either: all are until a key frame in time.
    """

    def __init__(self) -> None:
        self._suspects = 0
        self._open = False
        #: Pictures held back so far because of a gap; those before the first key frame do not count.
        self.dropped = 0

    def admit(self, *, discont: bool, key: bool, late: bool = False) -> bool:
        """Return whether a coded picture may pass.

        discont: packets before or within the picture are missing; set on the first picture that ends after a gap.
        key: it can be decoded without any other.
        late: it is too old to be shown.
        """
        if discont:
            self._open = False
            self._suspects = _SUSPECTS
        if self._suspects:
            self._suspects -= 1
            key = False
        if late:
            self._open = key = False
        self._open = self._open or key
        self.dropped += not self._open
        return self._open
