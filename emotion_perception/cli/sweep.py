"""`emotion-perception sweep`: train with many values of a recipe's options, alone or on several machines."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from emotion_perception.core.errors import TrainingError
from emotion_perception.training.backend import load_keras


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `sweep` to the main parser; ``run`` takes what it parses."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "sweep",
        help="compare values of a recipe's options",
        description="Trains every combination of values (or some at random), each in a run's folder of its own, and"
        " writes sweep.md and sweep.png. The same command again goes on after a kill; with a common --storage, several"
        " machines share the work. See docs/training.md.",
    )
    parser.add_argument("--recipe", required=True, metavar="NAME", help="as `train` takes it: what is not varied")
    parser.add_argument("--data", type=Path, required=True, metavar="PATH", help="as `train` takes it")
    parser.add_argument("--kind", default="", help="of the dataset; guessed without")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="for runs, table and plot")
    parser.add_argument(
        "--vary", required=True, nargs="+", metavar="OPTION=VALUES",
        help="learning_rate=0.01,0.1 (values) or learning_rate=0.001..0.1 (a range); one value sets it for all",
    )  # fmt: skip
    parser.add_argument("--random", type=int, metavar="N", help="so many combinations at random, in place of all")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of --random (0)")
    parser.add_argument(
        "--storage", default="", metavar="URL", help="a database for Optuna; sqlite:///FOLDER/sweep.db without"
    )
    parser.add_argument("--study", default="sweep", metavar="NAME", help="in the database (sweep)")
    return parser


def run(args: argparse.Namespace) -> int:
    """Work on the study until nothing is left. Returns 0, or 1 if every training failed.

    An error of core.errors says why it cannot.
    """
    load_keras()  # first, so that what is missing is told in a sentence
    from emotion_perception.cli.train_progress import Bar
    from emotion_perception.training.architectures.registry import builder
    from emotion_perception.training.datasets import open_dataset
    from emotion_perception.training.files import make_folder
    from emotion_perception.training.recipes import load_recipe
    from emotion_perception.training.sweep import Sweep, open_study, work
    from emotion_perception.training.sweep_space import at_random, grid, read_space

    if args.random is not None and args.random < 1:
        raise TrainingError(f"--random {args.random} draws nothing: give 1 or more.")
    recipe = load_recipe(args.recipe)
    space = read_space(args.vary, recipe)
    plan = grid(space) if args.random is None else at_random(space, args.random, args.seed)
    for values in plan:
        tried = recipe.but(**values)
        builder(tried.architecture, tried.architecture_options)
    data, out = args.data.expanduser(), args.out.expanduser()
    digest = open_dataset(data, kind=args.kind).digest()
    make_folder(out)
    sweep = Sweep(recipe=recipe, space=space, plan=plan, data=data, kind=args.kind, digest=digest, out=out)
    study = open_study(args.storage, args.study, sweep)

    with Bar() as bar:
        work(study, sweep, bar, after_trial=lambda: _report(args.study, sweep, study), say=_say)
    found = _report(args.study, sweep, study)
    if elsewhere := sum(trial.state == "running" for trial in found):
        _say(f"{elsewhere} trials are still trained elsewhere; the same command reports again")
    print((out / "sweep.md").read_text(encoding="utf-8"), end="")
    return 1 if found and all(trial.state == "fail" for trial in found) else 0


def _report(name: str, sweep: Any, study: Any) -> list[Any]:
    """Write table and plot anew; returns the trials that they show."""
    from emotion_perception.training.files import write_text
    from emotion_perception.training.run_folder import RunFolder
    from emotion_perception.training.sweep import trials
    from emotion_perception.training.sweep_page import draw_effects, sweep_page

    with RunFolder(sweep.out).alone(wait=True):  # several workers may share it
        found = trials(study)
        text = sweep_page(name, sweep.space, found)
        if draw_effects(sweep.space, found, sweep.out / "sweep.png"):
            text += "\n![Accuracy against each option](sweep.png)\n"
        write_text(sweep.out / "sweep.md", text)
    return found


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
