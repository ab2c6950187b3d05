"""The peer library `fer`, its own code, in a folder of its own: what it needs without the 7.6 GB that it asks for.

`fer` declares TensorFlow, PyTorch, pandas and moviepy. Its default, a Haar cascade of OpenCV and a quantised TensorFlow
Lite model, needs of all these one class, `tf.lite.Interpreter`, which is nowadays the package ai-edge-litert that we
use too; `measure_fer` hands it that class. So both libraries run on the same OpenCV, NumPy and LiteRT, and the folder
holds pure Python only. MTCNN, its other detector, is facenet-pytorch and runs where PyTorch is installed.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from emotion_perception.core import paths
from emotion_perception.core.errors import PerceptionError

#: What `install` fetches: pure Python, 4.3 MB of wheels, 17 MB on disk.
_PINS = """\
fer==25.10.3 --hash=sha256:84e05d6a2bf800ac1c4566da16e1862fc9e893ea88fe91907d32d2f5a24a3671
facenet-pytorch==2.6.0 --hash=sha256:ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca
requests==2.34.2 --hash=sha256:2a0d60c172f83ac6ab31e4554906c0f3b3588d37b5cb939b1c061f4907e278e0
urllib3==2.8.0 --hash=sha256:0cf3cae568d36aa9576b28dfb35f11328f1cb974ca7647d9475ebb86c75ac6e3
idna==3.20 --hash=sha256:ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c
certifi==2026.10.18 --hash=sha256:73191c47aaa79da394e8fee2dbc2ec827432cab56311122c9e47abf79e390f62
setuptools==80.10.2 --hash=sha256:95b30ddfb717250edb492926c92b5221f7ef3fbcc2b07579bcd4a27da21d0173
"""
GET_HAAR = "is not here: `emotion-perception benchmark --peer` fetches it (4.3 MB)"
GET_MTCNN = (
    "needs PyTorch: `.venv/bin/python -m pip install torch torchvision` adds it (2.6 GB to fetch, 5.3 GB on disk with "
    "PyTorch 2.15) and changes nothing that is installed"
)


def folder() -> Path:
    """Where the peer library lies."""
    return paths.cache_dir() / "peer"


def missing(*, mtcnn: bool) -> str | None:
    """Why fer cannot run with that detector, with the remedy; None if it can."""
    if not (folder() / "fer").is_dir():
        return GET_HAAR
    if mtcnn and any(importlib.util.find_spec(name) is None for name in ("torch", "torchvision")):
        return GET_MTCNN
    return None


def install() -> None:
    """Have pip put the pinned wheels into `folder`, unless they are there. PerceptionError when it cannot."""
    if missing(mtcnn=False) is None:
        return
    staging = folder().with_suffix(".new")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    requirements = staging / "requirements.txt"
    requirements.write_text(_PINS, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", f"--target={staging}", f"--requirement={requirements}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        shutil.rmtree(staging, ignore_errors=True)
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip gave no reason"]
        raise PerceptionError(
            f"the peer library could not be installed ({errors[-1]}): connect to a package index once, or leave out "
            "--peer"
        )
    shutil.rmtree(folder(), ignore_errors=True)
    staging.rename(folder())
