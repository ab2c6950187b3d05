"""How this process keeps its memory: what a frame gives back is there for the next one."""

from __future__ import annotations

import ctypes
import os

# Parameters of mallopt(3). By default glibc hands a picture's megabyte back to the kernel after each frame, and the
# next frame pays for it page by page: 400 page faults a frame of 640x480, a tenth of all CPU time.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_KEPT = 128 << 20
_LARGEST_POOLED = 32 << 20  # glibc takes no more


def keep_memory() -> None:
    """Have malloc keep up to 128 MB for reuse, in one pool for all threads; call it before threads start.

    Does nothing where the C library is not glibc, or the user has set its MALLOC_ variables.
    """
    if any(name.startswith("MALLOC_") for name in os.environ):
        return
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    set_option(_MMAP_THRESHOLD, _LARGEST_POOLED)
    set_option(_TRIM_THRESHOLD, _KEPT)
    set_option(_ARENA_MAX, 1)
