"""`emotion-perception ship`: from a dataset to the model files that the robot runs, by a plan; resumable."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from emotion_perception.core.errors import EvaluationError, TrainingError
from emotion_perception.core.expression import read_description
from emotion_perception.training.backend import BACKENDS
from emotion_perception.training.files import write_bytes
from emotion_perception.training.plans import load_plan


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `ship` to the main parser; ``run`` takes what it parses."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "ship",
        help="make the robot's expression model again from the data",
        description="Trains teachers, a student and what follows, exports the last one, evaluates the files and writes"
        " their cards, by a plan of config/training/plans. Each step is a command of its own and is shown; after a"
        " kill, the same `ship` goes on where it was.",
    )
    parser.add_argument("--plan", default="fer_resnet", metavar="NAME", help="or a yaml file (fer_resnet)")
    parser.add_argument("--data", type=Path, required=True, metavar="PATH", help="the dataset, as `train` takes it")
    parser.add_argument("--work", type=Path, required=True, metavar="FOLDER", help="for the runs")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="copy the files there, too")
    parser.add_argument("--backend", choices=BACKENDS, default="", help="of Keras, for training")
    parser.add_argument("--show", action="store_true", help="only show the commands")
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the plan's commands. Returns 0; the exit code of the first that fails; TrainingError for a bad plan."""
    plan = load_plan(args.plan)
    for command in plan.commands(args.data, args.work, backend=args.backend):
        print(f"$ emotion-perception {shlex.join(command)}", file=sys.stdout if args.show else sys.stderr, flush=True)
        if args.show:
            continue
        if command[0] == "evaluate" and _is_evaluated(command):
            print("has been evaluated, and a test is looked at once", file=sys.stderr)
            continue
        # A process each, as a process keeps its backend and its memory.
        code = subprocess.run([sys.executable, "-m", "emotion_perception.cli.main", *command], check=False).returncode
        if code:
            return code
    if args.out and not args.show:
        _copy(plan.exports(args.work), args.out)
    return 0


def _is_evaluated(command: list[str]) -> bool:
    """Whether the very file that ``command`` evaluates has been, on the same split, in the same place."""
    from emotion_perception.training.evaluation import read_evaluation

    model = read_description(Path(command[command.index("--model") + 1]))
    try:
        found = read_evaluation(Path(command[command.index("--out") + 1]) / "evaluation.json")
    except EvaluationError:
        return False
    if "--through-pipeline" in command and not found["pipeline"]:
        return False
    return (found["model_sha256"], found["split"]) == (model.sha256, command[command.index("--split") + 1])


def _copy(made: Path, out: Path) -> None:
    """Copy the exported files, descriptions last: with its yaml a model is there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path in sorted(made.iterdir(), key=lambda path: (path.suffix == ".yaml", path.name)):
            write_bytes(out / path.name, path.read_bytes())
            print(out / path.name)
    except OSError as error:
        raise TrainingError(f"{out} cannot be written ({error.strerror}): choose another --out.") from error
