"""A picture of what a frame costs, against the number of faces and the size of the picture."""

from __future__ import annotations

from pathlib import Path

from emotion_perception.benchmark.plan import PERCEPTION, GraphRun
from emotion_perception.benchmark.session import Results
from emotion_perception.core.errors import PerceptionError

_DPI = 110


def draw_cost(results: Results, picture: Path) -> bool:
    """Draw latency at 30 Hz and CPU time a frame flat out, a line for each size; False if there are no two points.

    PerceptionError when the picture cannot be written.
    """
    # Matplotlib takes half a second to load. No pyplot: no global state.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    graphs = [run for run in results.of_kind(GraphRun) if run.nodes == PERCEPTION and not run.apart]
    if len({run.scene.faces for run in graphs}) < 2:
        return False
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2)
    titles = ("image to /emotion at 30 Hz, p50, ms", "CPU time a frame, flat out, ms")
    for panel, title, lossless, key in zip(panels, titles, (False, True), ("p50", "cpu_per_frame"), strict=True):
        for size in dict.fromkeys(run.scene.size for run in sorted(graphs, key=lambda run: run.scene.width)):
            points = _points(
                results, [run for run in graphs if run.scene.size == size and run.lossless == lossless], key
            )
            panel.plot(*zip(*points, strict=True), marker="o", label=size)
        panel.set(title=title, xlabel="faces", ylim=(0, None))
        panel.grid(alpha=0.3)
        panel.legend()
    try:
        figure.savefig(picture, dpi=_DPI, metadata={"Software": None})
    except OSError as error:
        raise PerceptionError(f"cannot write {picture} ({error.strerror}): choose another folder") from error
    return True


def _points(results: Results, runs: list[GraphRun], key: str) -> list[tuple[int, float]]:
    """(faces, value), one for each number of faces: the longest run where there are several."""
    best = {run.scene.faces: run for run in sorted(runs, key=lambda run: run.frames)}
    return [(faces, results.median(run, key) or 0.0) for faces, run in sorted(best.items())]
