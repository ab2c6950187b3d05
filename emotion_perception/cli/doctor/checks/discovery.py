"""Whether two processes of this computer find each other on this domain, tried with a message there and back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, Settings, fault, ok

_TIMEOUT = 30.0  # seconds for both processes to start, find each other and talk
_ENDING = 3.0
_PROBE = "emotion_perception.cli.doctor.probe"
_REMEDY = "put right what is said above about environment, network, DDS profile and shared memory"


def check(_: Settings) -> Finding:
    """Start a process that answers and one that calls, with the environment that our nodes would have."""
    name = str(os.getpid())
    answer, call = _start("answer", name), _start("call", name)
    try:
        said, errors = call.communicate(timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        return fault("the test process did not end", _REMEDY)
    finally:
        _end(answer)
        _end(call)
    if call.returncode < 0:
        return fault(f"the test process was killed ({signal.Signals(-call.returncode).name})", _REMEDY)
    if call.returncode:
        return fault(f"the test process failed ({(errors.strip().splitlines() or ['?'])[-1]})", _REMEDY)
    found = json.loads(said.splitlines()[-1])
    if found is None:
        return fault(
            "two processes of this computer did not find each other",
            "put right what is said above; or a firewall blocks UDP between them, which the command allows for lo",
            command=commands.as_root("iptables", "-I", "INPUT", "-i", "lo", "-j", "ACCEPT"),
        )
    return ok(f"a message to another process and back takes {found['round_trip']:.1f} ms")


def _start(role: str, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", _PROBE, role, name]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _end(process: subprocess.Popen[str]) -> None:
    """Let it end in order, or a killed process leaves its shared memory behind."""
    try:
        process.communicate(timeout=_ENDING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
