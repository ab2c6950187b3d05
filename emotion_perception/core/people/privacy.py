"""What people who stand before the robot should know about it, in a few sentences."""

from __future__ import annotations

from pathlib import Path


def privacy_notice(
    path: Path, *, command: str, service: str, recognise: bool, estimate: bool, retention_days: int
) -> str:
    """Say what is processed, where it is stored and how to be forgotten.

    path: of the people store. command, service: what the owner types, and what a program calls, to forget somebody.
    recognise, estimate: whether people are recognised, and their age and gender estimated. retention_days: after which
    somebody who enrolled with this robot and was not seen again is forgotten; 0 for never.
    """
    estimated = "facial expression, age and gender are" if estimate else "facial expression is"
    sentences = [
        f"This robot looks at faces: their {estimated} estimated from camera pictures while somebody is in view.",
        "Everything is computed on this machine; pictures are not stored.",
    ]
    if recognise:
        kept = f"for {retention_days} days after they were last seen" if retention_days else "until they are forgotten"
        sentences += [
            "It recognises people who agreed to be remembered: every face is turned into numbers and compared with "
            "theirs, and the numbers of strangers are gone when they leave.",
            f"Whoever enrols is kept {kept}: a name, an optional language, the consent and numbers that describe the "
            f"face, in {path}.",
        ]
    else:
        sentences.append(f"It does not recognise anybody now; those who enrolled earlier are kept in {path}.")
    sentences.append(f"To be forgotten, ask the robot's owner: {command}, or the service {service}.")
    return " ".join(sentences)
