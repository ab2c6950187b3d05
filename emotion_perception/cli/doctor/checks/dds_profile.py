"""The profile that gives Fast DDS room for whole images."""

from __future__ import annotations

import shlex
from pathlib import Path
from xml.etree import ElementTree

from emotion_perception.cli.doctor.finding import Finding, Settings, fault, ok

_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
_DEFAULT_SEGMENT = 549_408  # bytes, without a profile
_IMAGE = 640 * 480 * 3


def check(settings: Settings) -> Finding:
    """Read the profile that is set; without one, our commands take ours."""
    from emotion_perception.core.paths import share_dir

    own = share_dir() / "config" / "fastdds.xml"
    variable = next((each for each in _VARIABLES if settings.environment.get(each)), None)
    if variable is None:
        return ok(f"our commands and launch files use {own}; set {_VARIABLES[0]} to it for your own processes")
    path = Path(settings.environment[variable])
    command = f"export {variable}={shlex.quote(str(own))}"
    try:
        segment = _segment_size(ElementTree.parse(path).getroot())
    except OSError as error:
        return fault(f"{variable} is {path}, which cannot be read ({error.strerror})", "take ours", command=command)
    except (ElementTree.ParseError, ValueError) as error:
        return fault(f"{variable} is {path}, which is not a DDS profile ({error})", "take ours", command=command)
    if segment < _IMAGE:
        return fault(
            f"the profile {path} gives shared memory {segment} bytes, less than the {_IMAGE} of a 640x480 image, so "
            "images get lost between processes",
            f"take ours, or give its SHM transport a segment_size of 16777216 as {own} does",
            command=command,
        )
    return ok(f"{path} gives shared memory {segment / 1e6:.0f} MB")


def _segment_size(root: ElementTree.Element) -> int:
    """Return the largest shared-memory segment of the default participant's transports, in bytes.

    Raises ValueError when the file is no profile, or a size in it is no number.
    """
    if _name(root) not in ("profiles", "dds"):
        raise ValueError(f"it begins with <{_name(root)}>, not with <profiles>")
    sizes = {}
    for transport in _all(root, "transport_descriptor"):
        parts = {_name(part): (part.text or "").strip() for part in transport}
        if parts.get("type", "").upper() == "SHM":
            sizes[parts.get("transport_id", "")] = int(parts.get("segment_size", _DEFAULT_SEGMENT))
    chosen = _DEFAULT_SEGMENT
    for participant in _all(root, "participant"):
        if participant.get("is_default_profile") == "true":
            users = [user for part in _all(participant, "userTransports") for user in _all(part, "transport_id")]
            used = [(user.text or "").strip() for user in users]
            chosen = max([sizes[name] for name in used if name in sizes], default=chosen)
    return chosen


def _all(element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in element.iter() if _name(each) == name]


def _name(element: ElementTree.Element) -> str:
    """Return the tag without its namespace."""
    return element.tag.rpartition("}")[2]
