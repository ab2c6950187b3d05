"""Definitions of message types, as rosbag2 stores them, from the files that ROS packages install."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emotion_perception.core.errors import BagError

_RULE = "=" * 80
_BUILT_IN = re.compile(r"(bool|byte|char|w?string(<=\d+)?|float(32|64)|u?int(8|16|32|64))$")


@dataclass(frozen=True)
class Definition:
    """What a reader needs to understand a type.

    text: the .msg file, followed by those of all types that it is made of.
    hash: of REP 2016, e.g. "RIHS01_…"; empty where the distribution does not install it (Humble).
    """

    text: str
    hash: str


@cache
def definition(kind: str) -> Definition:
    """Return the definition of e.g. "sensor_msgs/msg/Image". Raises BagError when its package is not installed."""
    texts = {kind: _read(kind)}
    waiting = [kind]
    while waiting:
        parent = waiting.pop(0)
        for child in _parts(texts[parent], package=parent.partition("/")[0]):
            if child not in texts:
                texts[child] = _read(child)
                waiting.append(child)
    return Definition(joined(texts), _hash(kind))


def joined(texts: Mapping[str, str]) -> str:
    """Return one text of several .msg files, as a bag holds it. texts: by type; the first is made of the others."""
    first, *others = texts
    text = texts[first]
    for name in others:
        text += f"\n{_RULE}\nMSG: {name.replace('/msg/', '/')}\n{texts[name]}"
    return text


def _parts(text: str, *, package: str) -> Iterator[str]:
    """Yield the types of a definition's fields that are messages themselves."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        kind = words[0].partition("[")[0] if len(words) >= 2 else ""
        if not kind or _BUILT_IN.match(kind):
            continue
        if "/" in kind:
            yield kind if "/msg/" in kind else kind.replace("/", "/msg/")
        else:
            yield "std_msgs/msg/Header" if kind == "Header" else f"{package}/msg/{kind}"


def _read(kind: str) -> str:
    path = _find(kind, ".msg")
    if path is None:
        raise BagError(f"the definition of {kind} is not installed here: install its package, or leave its topic out")
    return path.read_text(encoding="utf-8")


def _hash(kind: str) -> str:
    path = _find(kind, ".json")
    if path is None:
        return ""
    hashes = json.loads(path.read_text(encoding="utf-8"))["type_hashes"]
    return next((each["hash_string"] for each in hashes if each["type_name"] == kind), "")


def _find(kind: str, suffix: str) -> Path | None:
    package, *folders, name = kind.split("/")
    prefixes = [*filter(None, os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)), sys.prefix]
    paths = (Path(prefix, "share", package, *folders, name + suffix) for prefix in prefixes)
    return next((path for path in paths if path.is_file()), None)
