"""The measurements as a Markdown page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from emotion_perception.benchmark.budgets import Budget, budgets
from emotion_perception.benchmark.measure_kernels import STEPS
from emotion_perception.benchmark.plan import PERCEPTION, GraphRun, KernelRun, PeerRun
from emotion_perception.benchmark.scenes import RATE
from emotion_perception.benchmark.session import Results, describe
from emotion_perception.core.markdown import table

_DASH = "–"


def write_page(results: Results, *, command: str, picture: str = "", changes: str = "") -> str:
    """Return the page. command: what made it; picture, changes: links to a plot and to a history, if there are any."""
    about, loads = results.machine, results.loads
    parts = [
        "# Performance",
        f"Made by `{command}` on {about['cores']} cores of {about['processor']}, {about['memory GB']} GB. Medians of "
        f"{results.rounds} interleaved round{'s'[: results.rounds != 1]}; load average {min(loads):g} to "
        f"{max(loads):g}, to which the measurement itself adds up to 1.3. Scenes are clips of swaying faces, made from "
        f"pictures that `emotion-perception models list` names, H.264, {RATE:g} frames per second; decoding is "
        "included in CPU and frames per second, and the subscriber's own thread is not. Latency is from the decoded "
        "image to the arrival of its `/emotion` at that subscriber.",
        *([_INTERRUPTED] if results.interrupted else []),
        *_slow(results),
        "## Budgets",
        "Two cores, 640x480 at 30 Hz, one face, camera, face_detector and emotion_classifier in one process.",
        table(("what", "budget", "measured", ""), [_budget_row(each) for each in budgets(results)]),
        "## The graph",
        _graph_table(results, apart=False),
        "Bare: detect, track, align and classify on arrays, without ROS; overhead: latency at 30 Hz against it.",
    ]
    if picture:
        parts.append(f"![Cost against faces and size]({picture})")
    if any(run.apart for run in results.of_kind(GraphRun)):
        parts += ["### One process per node", _graph_table(results, apart=True)]
    parts += ["### Where the time goes", _stage_table(results)]
    parts.append(
        "What each node reports of its own work, and the rest: conversion to messages, DDS, waiting for a core."
    )
    if pairs := _pairs(results):
        parts += ["## With and without", _pair_table(results, pairs)]
    if results.of_kind(KernelRun):
        parts += ["## Bare kernels", _kernel_table(results)]
    if results.of_kind(PeerRun) or results.absent:
        parts += ["## Against `fer`", _peer_table(results), _PEER_NOTE]
    parts += sorted({f"`fer` with {'MTCNN' if run.mtcnn else 'Haar'} {why}." for run, why in results.absent.items()})
    if results.failed:
        parts += ["## What failed", "\n".join(f"* {sentence}" for sentence in results.failed)]
    if changes:
        parts.append(f"What each change bought: [{changes}]({changes}).")
    return "\n\n".join(parts) + "\n"


_INTERRUPTED = "**It was interrupted**: what is missing was not measured, and the last round is incomplete."
_ON_TIME = 0.97  # part of the clip's rate that counts as all of it


def _slow(results: Results) -> list[str]:
    """Say where the clip could not be played at its rate: no frame is lost then, but latency is of that rate."""
    late = []
    for run in results.of_kind(GraphRun):
        captured = np.median([each["rate"] * (1 + each["lost"] / each["frames"]) for each in results.answers[run]])
        if not run.lossless and captured < _ON_TIME * RATE:
            late.append(f"* {describe(run)}: {captured:.1f}")
    return [f"This machine could not play these clips at {RATE:g} frames per second, but:", "\n".join(late)] * bool(
        late
    )


_PEER_NOTE = (
    "The same clips in the same rounds; its own code on the same OpenCV, NumPy and LiteRT as ours, with its quantised "
    "model (its default), MTCNN on one thread. Ours: the whole graph, flat out; recall of detection. Found: the middle "
    "of a box lies in a face. The faces of the scenes are those our detector finds in the original pictures, which "
    "favours ours."
)


def _number(value: float | None, form: str = ".1f") -> str:
    return _DASH if value is None else format(value, form)


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value


def _budget_row(budget: Budget) -> tuple[str, ...]:
    sign = "≥" if budget.at_least else "≤"
    verdict = {True: "met", False: "**missed**", None: "not measured"}[budget.met]
    digits = (
        ".0f"
        if not budget.limit
        else ".2f"
        if budget.limit < 1
        else ".3g"
        if budget.value is not None and budget.value < 100
        else ".0f"
    )
    return budget.what, f"{sign} {budget.limit:g} {budget.unit}".strip(), _number(budget.value, digits), verdict


_MORE = ("CPU ms a frame", "MB", "bare ms", "overhead")


def _graph_table(results: Results, *, apart: bool) -> str:
    head = ("size", "faces", "p50 ms", "p99 ms", "lost", "CPU %", "flat out /s", "p99 ms", *_MORE)
    rows = []
    graphs: list[GraphRun] = results.of_kind(GraphRun)
    scenes = dict.fromkeys(run.scene for run in graphs if run.apart == apart)
    for scene in sorted(scenes, key=lambda each: (each.width, each.faces)):
        here = [run for run in graphs if run.scene == scene and run.apart == apart and run.nodes == PERCEPTION]
        paced = max((run for run in here if not run.lossless), key=lambda run: run.frames, default=None)
        flat = next((run for run in here if run.lossless), None)
        bare = _bare(results, scene.name)
        latency = results.median(paced, "p50")
        rows.append(
            [
                scene.size,
                str(scene.faces),
                _number(latency),
                _number(results.median(paced, "p99")),
                f"{results.total(paced, 'lost')} of {results.total(paced, 'frames')}" if paced else _DASH,
                _number(_scaled(results.median(paced, "cores"), 100), ".0f"),
                _number(results.median(flat, "rate"), ".0f"),
                _number(results.median(flat, "p99")),
                _number(results.median(flat, "cpu_per_frame")),
                _number(_scaled(results.median(paced, "memory"), 1e-6), ".0f"),
                _number(bare),
                f"{latency / bare:.1f}x" if latency and bare else _DASH,
            ]
        )
    return table(head, rows)


def _bare(results: Results, scene: str) -> float | None:
    run = next((run for run in results.of_kind(KernelRun) if run.scene.name == scene), None)
    parts = [results.median(run, "steps", step) for step in STEPS if step != "decode"] if run else []
    return sum(each for each in parts if each is not None) if parts else None


def _stage_table(results: Results) -> str:
    nodes = tuple(reversed(PERCEPTION))
    rows = []
    for run in results.of_kind(GraphRun):
        if run.lossless or run.nodes != PERCEPTION or run.scene.size != "640x480":
            continue
        work = [results.median(run, "stages", node) for node in nodes]
        whole = results.median(run, "p50")
        rest = None if whole is None or None in work else whole - sum(each or 0 for each in work)
        layout = "one per node" if run.apart else "one"
        rows.append([str(run.scene.faces), layout, *map(_number, [*work, rest, whole])])
    return table(("faces", "processes", *(f"{node} ms" for node in nodes), "rest ms", "image to `/emotion` ms"), rows)


def _kernel_table(results: Results) -> str:
    rows = []
    for run in results.of_kind(KernelRun):
        steps = [_number(results.median(run, "steps", step), ".2f") for step in STEPS]
        recall = results.median(run, "recall")
        found = _DASH if recall is None else f"{100 * recall:.0f} %"
        false = str(results.total(run, "false"))
        rows.append(
            [run.scene.size, str(run.scene.faces), *steps, _number(results.median(run, "total"), ".2f"), found, false]
        )
    return table(("size", "faces", *(f"{step} ms" for step in STEPS), "all ms", "faces found", "false"), rows)


def _peer_table(results: Results) -> str:
    rows = []
    for run in dict.fromkeys([*results.of_kind(PeerRun), *results.absent]):
        name = f"`fer`, {'MTCNN' if run.mtcnn else 'Haar'}"
        if run in results.absent:
            rows.append([run.scene.size, str(run.scene.faces), name, "not measured", _DASH, _DASH, _DASH])
            continue
        rate, recall = results.median(run, "rate"), results.median(run, "recall")
        ours = next(
            (each for each in results.of_kind(GraphRun) if each == replace(each, scene=run.scene, **_OURS)), None
        )
        ratio = results.median(ours, "rate")
        faster = f"{ratio / rate:.1f}x" if ratio and rate else _DASH
        found = _DASH if recall is None else f"{100 * recall:.0f} %"
        rows.append([run.scene.size, str(run.scene.faces), name, _number(rate), found,
                     str(results.total(run, "false")), f"{_number(ratio)} ({faster})"])  # fmt: skip
    return table(("size", "faces", "library", "frames /s", "faces found", "false", "ours /s"), rows)


_OURS = {"lossless": True, "apart": False, "nodes": PERCEPTION}


def _pairs(results: Results) -> list[tuple[GraphRun, GraphRun]]:
    """Runs with a node more than perception has, each behind its twin without."""
    more = [run for run in results.of_kind(GraphRun) if run.nodes != PERCEPTION]
    return [(replace(run, nodes=PERCEPTION), run) for run in more]


def _pair_table(results: Results, pairs: Sequence[tuple[GraphRun, GraphRun]]) -> str:
    rows = []
    for without, with_ in pairs:
        node = f"`{with_.nodes[-1]}`"
        for name, run in ((f"without {node}", without), (f"with {node}", with_)):
            rows.append([name, _number(results.median(run, "p50")), _number(results.median(run, "p99")),
                         str(results.total(run, "lost")), _number(_scaled(results.median(run, "cores"), 100), ".0f"),
                         _number(_scaled(results.median(run, "memory"), 1e-6), ".0f")])  # fmt: skip
    return table(("640x480, 30 Hz, one face", "p50 ms", "p99 ms", "lost", "CPU %", "MB"), rows)
