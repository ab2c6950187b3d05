"""The folders that the package writes to: whether it may, and whether there is room."""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
from pathlib import Path

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, note, ok

_ROOM = 100_000_000  # bytes: the weights and what pip needs beside them


def check(_: Settings) -> Finding:
    """Look at the cache (weights) and at the data folder (people), which need not exist yet."""
    from emotion_perception.core.paths import cache_dir, data_dir

    described = []
    for folder, variable in ((cache_dir(), "XDG_CACHE_HOME"), (data_dir(), "XDG_DATA_HOME")):
        finding = _look(folder, variable)
        if finding:
            return finding
        described.append(f"{folder} ({_free(folder) / 1e9:.1f} GB free)")
    if data_dir().is_dir() and data_dir().stat().st_mode & 0o077:
        return note(
            f"other users may look into {data_dir()}, where people will be kept",
            "close it",
            command=f"chmod 700 {shlex.quote(str(data_dir()))}",
        )
    return ok(" and ".join(described))


def _look(folder: Path, variable: str) -> Finding | None:
    there = _nearest(folder)
    if not there.is_dir():
        return fault(
            f"{there} is not a folder, so {folder} cannot be made",
            f"move it away, or set {variable} to a folder of yours",
            command=f"mv {shlex.quote(str(there))} {shlex.quote(str(there))}.old",
        )
    if not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        return _forbidden(there, variable)
    if _free(folder) < _ROOM:
        return fault(
            f"only {_free(folder) / 1e6:.0f} MB are free in {there}",
            f"free {_ROOM / 1e6:.0f} MB there, or set {variable} to a folder on another disk",
        )
    return None


def _forbidden(folder: Path, variable: str) -> Finding:
    """Say why a folder cannot be used: a disk that is read-only, permissions, or another owner."""
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return fault(
            f"{folder} is on a disk that is mounted read-only",
            f"mount it writable, or set {variable} to a folder that is",
            command=commands.as_root("mount", "-o", "remount,rw", _mount_point(folder)),
        )
    if folder.stat().st_uid == os.geteuid():
        return fault(
            f"{folder} may not be read, written or entered by its owner",
            "allow it",
            command=f"chmod u+rwx {shlex.quote(str(folder))}",
        )
    return fault(
        f"{folder} may not be used by user {getpass.getuser()}",
        "make it yours",
        command=commands.as_root("chown", "-R", getpass.getuser(), str(folder)),
    )


def _nearest(folder: Path) -> Path:
    """Return the folder, or what exists of the path to it."""
    return next(path for path in (folder, *folder.parents) if os.path.lexists(path))


def _free(folder: Path) -> int:
    return shutil.disk_usage(_nearest(folder)).free


def _mount_point(folder: Path) -> str:
    return str(next(path for path in (folder, *folder.parents) if path.is_mount()))
