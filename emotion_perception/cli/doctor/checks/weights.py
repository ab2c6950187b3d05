"""The weights, clips and pictures that were taken out of packages."""

from __future__ import annotations

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note, ok


def check(_: Settings) -> Finding:
    """Compare every file's SHA-256; a robot needs the weights, only tests and the demo need the rest."""
    from emotion_perception.core import weights

    bad = [(asset, state) for asset, state in weights.verify() if state != "ok"]
    folder = weights.default_store().folder
    if not bad:
        return ok(f"all files in {folder} are what they should be")
    needed = [each for each in bad if each[0].kind == "weight"]
    said = ", ".join(f"{asset.name} is {state}" for asset, state in needed or bad)
    command = commands.own("models", "pull", *(asset.name for asset, _ in needed or bad))
    if needed:
        return fault(f"of the weights in {folder}, {said}", "fetch them", command=command)
    return note(
        f"of the clips and pictures in {folder}, {said}", "fetch them if you want demo and tests", command=command
    )
