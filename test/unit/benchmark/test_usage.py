"""What processes use, as the kernel tells."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import time

from emotion_perception.benchmark.usage import CpuMeter, cpu_seconds, machine, memory_bytes, with_descendants

GRANDPARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "print('on', flush=True); input()"], stdin=subprocess.PIPE)
input()
child.communicate(b"end")
"""


def test_the_work_of_a_thread_is_seen() -> None:
    meter = CpuMeter([os.getpid()])
    meter.start()
    end = time.thread_time() + 0.2
    while time.thread_time() < end:
        pass
    spent, passed = meter.stop()
    assert spent >= 0.15
    assert passed >= 0.15


def test_memory_is_seen() -> None:
    before = memory_bytes([os.getpid()])
    with mmap.mmap(-1, 64 << 20) as held:  # from the kernel, as malloc may have some left
        held.write(b"x" * len(held))
        assert 60e6 < memory_bytes([os.getpid()]) - before < 150e6


def test_descendants_count() -> None:
    command = [sys.executable, "-c", GRANDPARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        family = with_descendants([process.pid])
        assert family[0] == process.pid
        assert len(family) == 2
        assert cpu_seconds(family) >= 0
        assert set(family) < set(with_descendants([os.getpid()]))
        process.communicate("end\n")


def test_the_machine_is_described() -> None:
    about = machine()
    assert about["cores"] == len(os.sched_getaffinity(0))
    assert float(about["memory GB"]) > 0
