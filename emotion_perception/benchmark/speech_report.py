"""The page that tells what `speech.measure` found."""

from __future__ import annotations

import os
from datetime import date

from emotion_perception.benchmark.speech import OTHER_SPEECH, RATIOS, SITUATIONS, Results
from emotion_perception.benchmark.usage import machine
from emotion_perception.core.markdown import table

_INTRODUCTION = """\
# How well and how fast it hears and speaks

Written by `{command}` on {day}. {cpu}, {cores} cores, load {load:.1f} at the end: {busy}. Times are medians.

Everything was said by machines ({voices}) with white noise added, so this compares engines; it does not say how well
*people* are understood, who speak less clearly and in rooms that echo. **Right**: answers that the scenario
`greet_and_react` understands as meant, by its rules, of what the engine heard. **Mistaken**: other speech
({others} sentences without a meaning for it) in which the scenario found one. Each engine hears through the same voice
activity detection, and is told what the scenario waits for. Names: three that are expected, two of the stock of first
names, and one of neither. The limits of pocketsphinx were set by hand on voices of the same makers, so its rows may
flatter it.

## Recognition

"""


def speech_page(results: Results, *, command: str) -> str:
    """Return the page, in Markdown."""
    load = os.getloadavg()[0]
    here = machine()
    lines = [
        _INTRODUCTION.format(
            command=command,
            day=date.today().isoformat(),
            cpu=here["processor"],
            cores=os.cpu_count(),
            load=load,
            busy="other programs kept the machine busy, and took part of the time" if load > 2 else "nothing else ran",
            voices=", ".join(results.voices),
            others=len(OTHER_SPEECH),
        )
    ]
    head = ["engine", "the robot waits for"]
    for ratio in RATIOS:
        head += [f"right, {ratio:.0f} dB", f"mistaken, {ratio:.0f} dB"]
    rows = []
    for engine in results.engines:
        for situation in SITUATIONS:
            scores = [engine.scores[situation.name, ratio] for ratio in RATIOS]
            rows.append([engine.engine, situation.name])
            for each in scores:
                rows[-1] += [f"{each.right} of {each.answers}", f"{each.mistaken} of {each.others}"]
    lines += [table(head, rows), "", "## From the end of speech to `heard`", ""]
    delays = [[each.engine, f"{each.delay:.2f}", f"{each.thinking:.3f}"] for each in results.engines]
    lines += [table(["engine", "seconds", "of those thinking"], delays)]
    lines += ["", "The rest is waiting whether the person goes on (`end_silence`, 0.6 s).", ""]
    lines += ["## From a text to its first sound", "", "Without the loudspeaker's own delay.", ""]
    lines += [table(["voice", "seconds"], [[name, f"{each:.3f}"] for name, each in results.first_sounds.items()])]
    if results.missing:
        lines += ["", "## Not measured", "", *(f"* {each}" for each in results.missing)]
    return "\n".join(lines) + "\n"
