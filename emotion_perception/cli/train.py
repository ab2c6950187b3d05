"""`emotion-perception train`: train a network by a recipe, or go on with a training that was stopped."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from emotion_perception.core.errors import TrainingError
from emotion_perception.training.backend import BACKENDS, load_keras
from emotion_perception.training.recipes import Recipe, load_recipe, option_kind, recipe_names

#: Of the recipe, but no flag: text for people.
_NO_FLAGS = ("about",)


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `train` to the main parser; ``run`` takes what it parses."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "train",
        help="train an expression model",
        description="Trains a network by a recipe of config/training into a folder: best.keras, log.csv, curves.png and"
        " what it takes to go on after a kill (--resume). Test splits are not looked at. See docs/training.md.",
    )
    parser.add_argument("--recipe", metavar="NAME", help=f"{', '.join(recipe_names())}, or a yaml file")
    parser.add_argument("--data", type=Path, metavar="PATH", help="the dataset, as `dataset stats` takes it")
    parser.add_argument("--kind", default="", help="of the dataset; guessed without")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder of the run")
    parser.add_argument(
        "--resume", action="store_true", help="go on with the run in FOLDER, or begin it if there is none"
    )
    parser.add_argument(
        "--teachers", type=Path, nargs="+", default=[], metavar="RUN", help="folders of runs to learn from"
    )
    parser.add_argument(
        "--start", type=Path, metavar="RUN", help="folder of a run whose weights to begin with, to go on from them"
    )
    parser.add_argument("--backend", choices=BACKENDS, default="", help="of Keras (tensorflow, or KERAS_BACKEND)")
    parser.add_argument("--save-every", type=float, default=5, metavar="MINUTES", help="within an epoch (5)")
    parser.add_argument(
        "--stop-after", type=float, default=0, metavar="MINUTES", help="stop then, to be resumed (0: never)"
    )
    options = parser.add_argument_group("the recipe's values, in place of those it has")
    for one in dataclasses.fields(Recipe):
        if one.name not in _NO_FLAGS:
            options.add_argument(f"--{one.name.replace('_', '-')}", dest=one.name, **_flag(one))
    return parser


def run(args: argparse.Namespace) -> int:
    """Train. Returns 0; TrainingError or DatasetError with the reason if it cannot."""
    load_keras(args.backend)  # first, as whatever else loads Keras takes the backend there is
    from emotion_perception.cli.progress import progress_bar
    from emotion_perception.cli.train_progress import Bar
    from emotion_perception.training import run as training
    from emotion_perception.training.run_folder import RunFolder

    folder = RunFolder(args.out.expanduser())
    given = {key: value for key in _changes() if (value := getattr(args, key)) is not None}
    resumes = args.resume and folder.is_begun
    start = [args.start] if args.start else []
    if resumes:
        _refuse_changes(folder.recipe(), given, args)
        for name, runs in (("teachers", args.teachers), ("start", start)):
            if runs and training.places(runs) != folder.data_card().get(name, []):
                raise TrainingError(f"the run in {args.out} began with another --{name}: leave it out.")
    if not resumes and not (args.recipe and args.data):
        raise TrainingError(
            "what to train is missing: give --recipe and --data (and --out), or --resume a run in --out."
        )
    recipe = folder.recipe() if resumes else load_recipe(args.recipe).but(**given)
    with folder.alone(), Bar() as bar:
        parts = None
        if not resumes:
            parts = training.begin(
                folder,
                recipe,
                data=args.data,
                kind=args.kind,
                teachers=args.teachers,
                start=args.start,
                say=_say,
                progress=progress_bar("read"),
            )
            _say(f"{parts[0].name}: {len(parts[0])} pictures to learn from, {len(parts[1])} to validate on")
        state = training.go_on(
            folder,
            bar,
            data=args.data,
            parts=parts,
            save_every=60 * args.save_every,
            stop_after=60 * args.stop_after,
            say=_say,
            progress=progress_bar("read"),
        )
    if not state.over:
        _say(f"stopped in epoch {state.epoch + 1}; go on with: emotion-perception train --resume --out {args.out}")
    elif state.history and state.progress.best_epoch >= 0:
        best = state.history[state.progress.best_epoch]
        _say(f"best epoch {best['epoch']:.0f}: validation accuracy {100 * best['val_accuracy']:.2f} %, macro-F1"
             f" {100 * best['val_macro_f1']:.2f} %; {folder.best}")  # fmt: skip
    return 0


def _changes() -> list[str]:
    return [one.name for one in dataclasses.fields(Recipe) if one.name not in _NO_FLAGS]


def _refuse_changes(begun: Recipe, given: dict[str, Any], args: argparse.Namespace) -> None:
    """A resumed run keeps its recipe: the same values may be said again (so one command begins and resumes)."""
    asked = load_recipe(args.recipe).but(**given) if args.recipe else begun.but(**given)
    differing = [key for key in _changes() if getattr(asked, key) != getattr(begun, key)]
    if differing:
        key = differing[0]
        raise TrainingError(
            f"the run in {args.out} began with {key} {getattr(begun, key)!r}, not {getattr(asked, key)!r}: leave the"
            " change out, or begin anew in another folder."
        )


def _flag(one: dataclasses.Field[Any]) -> dict[str, Any]:
    kind, metadata = option_kind(one.name), one.metadata
    default = "" if one.default is None or one.default == () else f" ({one.default})"
    shared: dict[str, Any] = {"default": None, "help": f"{metadata['help']}{default}".replace("%", "%%")}
    if kind is bool:
        return {**shared, "action": argparse.BooleanOptionalAction}
    if kind is tuple:
        return {**shared, "nargs": "*", "action": _AsTuple, "metavar": "NAME"}
    if metadata["choices"]:
        return {**shared, "choices": metadata["choices"]}
    return {**shared, "type": kind, "metavar": {int: "N", float: "X", str: "TEXT"}[kind]}


class _AsTuple(argparse.Action):
    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option: Any = None) -> None:
        setattr(namespace, self.dest, tuple(values))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
