"""Files of keys and values that people write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from emotion_perception.core.errors import PerceptionError


def read_mapping(path: Path, what: str, error: type[PerceptionError]) -> dict[Any, Any]:
    """Return the keys and values of a yaml file, unchecked.

    what: what the file is to the user ("recipe"). Raises ``error`` with the reason and the remedy.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise error(f"{what} {path} cannot be read ({fault.strerror}): check the path.") from fault
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise error(f"{path} is not valid yaml ({' '.join(str(fault).split())}): correct it.") from fault
    if not isinstance(document, dict):
        raise error(f"{path} is no {what}: it must be a list of keys and values.")
    return document
