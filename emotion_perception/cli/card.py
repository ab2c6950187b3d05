"""`emotion-perception card`: the model card of an expression model, from its evaluation."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `card` to the main parser; ``run`` takes what it parses."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "card",
        help="write the card of an expression model",
        description="Writes what a model is, what it was made of, how good it is and what it is not for, from its"
        " yaml, its evaluation.json and its run.",
    )
    parser.add_argument("model", help="a model of models/, or a yaml, .tflite or .onnx with its yaml")
    parser.add_argument(
        "--evaluation", type=Path, required=True, metavar="FILE", help="evaluation.json of this very file"
    )
    parser.add_argument("--run", dest="run_folder", type=Path, metavar="FOLDER", help="the run it came from")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to; printed without")
    return parser


def run(args: argparse.Namespace) -> int:
    """Write the card. Returns 0; an error of core.errors says why it cannot be written."""
    from emotion_perception.core.expression import ExpressionModel
    from emotion_perception.training.card import model_card
    from emotion_perception.training.evaluation import read_evaluation
    from emotion_perception.training.files import write_text
    from emotion_perception.training.run_folder import RunFolder

    description = ExpressionModel.load(args.model).description
    folder = RunFolder(args.run_folder.expanduser()) if args.run_folder else None
    text = model_card(description, read_evaluation(args.evaluation.expanduser()), folder)
    if args.out:
        write_text(args.out.expanduser(), text)
    else:
        print(text, end="")
    return 0
