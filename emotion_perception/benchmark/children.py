"""Measurements in processes of their own: fresh memory, a private ROS domain, and none of the measurer's threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from emotion_perception.core.errors import PerceptionError


def ask(
    module: str, question: Mapping[str, Any], *, timeout: float, environment: Mapping[str, str] | None = None
) -> Any:
    """Run ``python -m module`` with the question (JSON) as its argument; its last line of output, JSON, is the answer.

    The question gains "started", the steady clock's seconds at the start of the process. A child that fails, or takes
    more than ``timeout`` seconds, raises PerceptionError with what it said last.
    """
    asked = json.dumps({**question, "started": time.monotonic()})
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, asked],
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **(environment or {})},
        )
    except subprocess.TimeoutExpired as error:
        raise PerceptionError(
            f"{module} did not finish within {timeout:g} s: the machine is too busy or too slow for this measurement"
        ) from error
    if done.returncode != 0 or not done.stdout.strip():
        said = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        raise PerceptionError(f"a measurement failed ({module}, exit code {done.returncode}): {said}")
    return json.loads(done.stdout.strip().splitlines()[-1])
