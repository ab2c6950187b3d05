"""`emotion-perception export`: make files a robot reads of a run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from emotion_perception.cli.progress import progress_bar
from emotion_perception.cli.table import print_table
from emotion_perception.training.backend import load_keras

_FORMATS = ("float32", "float16", "int8", "onnx")


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `export` to the main parser; ``run`` takes what it parses."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "export",
        help="make TFLite and ONNX files of a trained model",
        description="Writes the network of a run as TFLite (float32, float16, int8) and ONNX, each with the yaml that"
        " `emotion_classifier.model` takes, its temperature fitted on the run's validation part; compares every file"
        " with the network.",
    )
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="folder that `train --out` made")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where to (RUN/export)")
    parser.add_argument("--name", default="", help="of the model (the architecture's)")
    parser.add_argument("--version", default="1", help="of the model (1)")
    parser.add_argument("--licence", default="", help="for the yaml (not stated)")
    parser.add_argument("--main", choices=_FORMATS, default="", help="the format whose files are called NAME alone")
    parser.add_argument("--formats", nargs="+", choices=_FORMATS, default=list(_FORMATS), help="all without")
    parser.add_argument(
        "--data", type=Path, metavar="PATH", help="where the run's pictures are now, if they were moved"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Export. Returns 0; TrainingError or DatasetError with the reason if it cannot."""
    load_keras("tensorflow")  # first, as whatever else loads Keras takes the backend there is
    from emotion_perception.training.export import export
    from emotion_perception.training.run import opened_parts
    from emotion_perception.training.run_folder import RunFolder

    folder = RunFolder(args.run_folder.expanduser())
    recipe, (train, validation) = folder.recipe(), opened_parts(folder, args.data, progress_bar("read"))
    made = export(
        folder.best,
        (args.out or folder.path / "export").expanduser(),
        name=args.name or recipe.architecture,
        version=args.version,
        licence=args.licence or f"not stated; trained on {train.name}",
        source=f"trained by emotion-perception on {train.name}, recipe {recipe.architecture}",
        train=train,
        validation=validation,
        formats=args.formats,
        main=args.main,
        say=lambda text: print(text, file=sys.stderr, flush=True),
    )
    print_table([
        ("FILE", "SIZE", "ANSWERS AS THE NETWORK", "MEAN DIFFERENCE", "TEMPERATURE"),
        *(
            (
                str(one.model),
                f"{one.size / 1e6:.2f} MB",
                f"{100 * one.agreement:.1f} %",
                f"{one.difference:.4f}",
                f"{one.temperature:.2f}" if not one.why else "1 (not fitted)",
            )
            for one in made
        ),
    ])  # fmt: skip
    for why in dict.fromkeys(one.why for one in made if one.why):
        print(f"temperature not fitted: {why}", file=sys.stderr)
    return 0
