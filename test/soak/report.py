"""The soak's verdict, for people (Markdown) and programs (JSON)."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path

#: What may come on top of the memory after the start, for caches that fill and the allocator's moods.
_MOST_GROWTH_MB = 20.0
_MOST_RECOVERY = 5.0  # seconds
_LEAST_RATE = 5.0  # Hz at the end, of 30 sent: the machine may be busy
_MOST_LINES = 1.0  # log lines a second, on average over a minute at least
_WARM = 60.0  # seconds after which every cache is filled


@dataclass(frozen=True)
class Event:
    """A fault and its consequences.

    time: when it began, seconds since the soak's begin.
    during: emotions that came while it lasted; invented: those of images that nobody sent.
    recovery: seconds from its end to the first emotion of an image taken after it.
    said: what the camera's diagnostics said, from its begin on.
    """

    time: float
    fault: str
    during: int
    invented: int
    recovery: float | None
    said: list[str]


@dataclass(frozen=True)
class Outcome:
    """Everything that was measured; memory in MB, times in seconds."""

    minutes: float
    seed: int
    emotions: int
    with_face: int
    not_newer: int
    oldest: float
    oldest_at: float
    final_rate: float
    memory: list[tuple[float, float]]
    processor: float
    log_lines: int
    exit_code: int
    events: list[Event] = field(default_factory=list)

    @property
    def growth(self) -> float | None:
        """Median memory of the last third less that of the first, the first minute left out; None if too short."""
        sizes = [size for moment, size in self.memory if moment > _WARM]
        third = len(sizes) // 3
        if third * 3 < _WARM:
            return None
        return statistics.median(sizes[-third:]) - statistics.median(sizes[:third])

    def failures(self) -> list[str]:
        """Return what is not as it should be, in sentences."""
        checks = {
            f"the graph was not publishing at the end ({self.final_rate:.1f} Hz)": self.final_rate < _LEAST_RATE,
            f"memory grew by {self.growth or 0.0:.0f} MB": (self.growth or 0.0) > _MOST_GROWTH_MB,
            f"{self.not_newer} stamps were not newer than the one before": self.not_newer > 0,
            f"{self.log_lines} log lines in {self.minutes:g} minutes": self.log_lines
            > 60 * max(1.0, self.minutes) * _MOST_LINES,
            "no face was seen": self.with_face == 0,
            f"the graph ended with exit code {self.exit_code}": self.exit_code != 0,
        }
        invented = [each for each in self.events if each.invented]
        slow = [each for each in self.events if each.recovery is None or each.recovery > _MOST_RECOVERY]
        return [
            *(sentence for sentence, failed in checks.items() if failed),
            *(f"no emotion within {_MOST_RECOVERY:g} s after {each.fault} at {each.time:.0f} s" for each in slow),
            *(f"{each.invented} emotions of nothing in {each.fault} at {each.time:.0f} s" for each in invented),
        ]


def write(outcome: Outcome, folder: Path) -> tuple[Path, Path]:
    """Write report.md and report.json and return their paths."""
    markdown, numbers = folder / "report.md", folder / "report.json"
    numbers.write_text(json.dumps(asdict(outcome) | {"failures": outcome.failures()}, indent=1), encoding="utf-8")
    markdown.write_text(_markdown(outcome), encoding="utf-8")
    return markdown, numbers


def _markdown(outcome: Outcome) -> str:
    failures = outcome.failures()
    sizes = [size for _, size in outcome.memory] or [0.0]
    growth = "not judged (too short)" if outcome.growth is None else f"{outcome.growth:+.1f} MB"
    lines = [
        "# Soak",
        "",
        "**Failed.**" if failures else "**Passed.**",
        *(f"* {sentence}" for sentence in failures),
        "",
        "| what | value |",
        "| --- | --- |",
        f"| length, seed | {outcome.minutes:g} min, {outcome.seed} |",
        f"| emotions, of them with a face | {outcome.emotions}, {outcome.with_face} |",
        f"| rate at the end | {outcome.final_rate:.1f} Hz |",
        f"| memory in MB at the end, most, growth | {sizes[-1]:.0f}, {max(sizes):.0f}, {growth} |",
        f"| processor | {outcome.processor / 60 / outcome.minutes:.0%} of a core |",
        f"| oldest image when its emotion came | {outcome.oldest:.2f} s, at {outcome.oldest_at:.0f} s |",
        f"| log lines | {outcome.log_lines} |",
        "",
        "| s | fault | emotions while it lasted | s until the next one | what the camera said |",
        "| --- | --- | --- | --- | --- |",
    ]
    for each in outcome.events:
        recovery = "none" if each.recovery is None else f"{each.recovery:.2f}"
        said = " ⏎ ".join(each.said).replace("|", "/")
        lines.append(f"| {each.time:.0f} | {each.fault} | {each.during} | {recovery} | {said} |")
    return "\n".join(lines) + "\n"
