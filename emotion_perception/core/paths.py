"""Where the package keeps things: its own files, downloaded weights, and what users own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

_NAME = "emotion_perception"


def share_dir() -> Path:
    """The folder that holds ``config``, ``models`` and ``launch``: the checkout, or the installation's share folder."""
    here = Path(__file__).resolve()
    checkout = here.parents[2]
    if (checkout / "package.xml").is_file():
        return checkout
    prefixes = [*here.parents, Path(sys.prefix), *map(Path, os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep))]
    for prefix in prefixes:
        share = prefix / "share" / _NAME
        if (share / "package.xml").is_file():
            return share
    raise FileNotFoundError(f"no share/{_NAME} folder beside {here}: install the package again with `make setup`")


def cache_dir() -> Path:
    """Downloads that can be fetched again (weights, clips): ``$XDG_CACHE_HOME/emotion_perception``."""
    return user_cache_path(_NAME)


def data_dir() -> Path:
    """What belongs to the user: ``$XDG_DATA_HOME/emotion_perception``."""
    return user_data_path(_NAME)
