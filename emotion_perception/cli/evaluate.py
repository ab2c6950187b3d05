"""`emotion-perception evaluate`: how good an expression model is on a split of a dataset."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_perception.cli.progress import progress_bar
from emotion_perception.core.errors import EvaluationError
from emotion_perception.core.expression import DEFAULT_MODEL

if TYPE_CHECKING:
    from emotion_perception.core.detection import Detector
    from emotion_perception.training.classifiers import Classifier
    from emotion_perception.training.evaluation import Answers, Evaluation
    from emotion_perception.training.pipeline import PipelineScores


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `evaluate` to the main parser; ``run`` takes what it parses."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "evaluate",
        help="measure an expression model on a dataset",
        description="Scores, calibration and confusion of a model on a split; see docs/training.md. Each look at a test"
        " split is noted in test_looks.csv, in the run's folder or the user's data folder.",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="PATH", help="the dataset, as `train` takes it")
    parser.add_argument("--kind", default="", help="of the dataset; guessed without")
    parser.add_argument(
        "--split", default="", metavar="NAME", help="Training, PublicTest, PrivateTest or all (PublicTest; all if none)"
    )
    parser.add_argument(
        "--model",
        default=DEFAULT_MODEL,
        help=f"a model of models/, a yaml, .tflite, .onnx or .keras, a run's folder ({DEFAULT_MODEL})",
    )
    parser.add_argument(
        "--scaling", type=float, nargs=2, metavar=("MEAN", "STD"),
        help="a network without a description is fed (pixel - MEAN) / STD",
    )  # fmt: skip
    parser.add_argument("--through-pipeline", action="store_true", help="also in scenes, by detector and alignment")
    parser.add_argument("--json", action="store_true", help="print one JSON object in place of tables")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER",
        help="write evaluation.json, .md, confusion.png and reliability.png there (of a run's best.keras: its folder)",
    )  # fmt: skip
    return parser


def run(args: argparse.Namespace) -> int:
    """Measure, note, write and print. Returns 0; an error of core.errors says why it cannot be measured or written."""
    from emotion_perception.core.detection import create_detector
    from emotion_perception.training.classifiers import open_classifier
    from emotion_perception.training.datasets import open_for
    from emotion_perception.training.evaluation import ask, choose_split, evaluate
    from emotion_perception.training.evaluation_page import evaluation_page
    from emotion_perception.training.files import make_folder
    from emotion_perception.training.looks import looks_path, note_look

    if args.scaling and args.scaling[1] <= 0:
        raise EvaluationError(f"--scaling divides by {args.scaling[1]:g}: give a STD above 0.")
    classifier = open_classifier(args.model, scaling=tuple(args.scaling) if args.scaling else None)
    if args.through_pipeline and classifier.expression is None:
        raise EvaluationError(f"{args.model} is not what the robot runs: export it, and evaluate the .tflite or .onnx.")
    folder = args.out.expanduser() if args.out else None
    if not folder and classifier.run and classifier.expression is None:  # best.keras: the run's own evaluation
        folder = classifier.run.path
    # What may be missing is missed before a test is looked at.
    if folder:
        make_folder(folder)
    detector = create_detector() if args.through_pipeline else None
    size, channels = classifier.input.size, classifier.input.channels
    dataset = open_for(args.data, size=size, channels=channels, kind=args.kind, progress=progress_bar("read"))
    split, part = choose_split(dataset, args.split)
    answers = ask(classifier, part, progress=progress_bar("asked about"))
    pipeline = _through_pipeline(classifier, answers, detector) if detector else None
    found = evaluate(classifier, dataset, answers, split=split, pipeline=pipeline)
    try:
        note_look(found, looks_path(classifier.run), splits=part.split_names)
    except EvaluationError as error:
        print(error, file=sys.stderr)
    print(found.to_json() if args.json else evaluation_page(found), end="\n" if args.json else "", flush=True)
    if folder:
        _write(found, folder)
    return 0


def _through_pipeline(classifier: Classifier, answers: Answers, detector: Detector) -> PipelineScores:
    from emotion_perception.training.pipeline import through_pipeline

    assert classifier.expression
    return through_pipeline(
        answers.part.images,
        answers.part.labels,
        answers.probabilities,
        classes=classifier.classes,
        model=classifier.expression,
        detector=detector,
        progress=progress_bar("looked at scenes"),
    )


def _write(found: Evaluation, folder: Path) -> None:
    from emotion_perception.training.evaluation_page import evaluation_page
    from emotion_perception.training.evaluation_plots import draw_confusion, draw_reliability
    from emotion_perception.training.files import write_text

    draw_confusion(found, folder / "confusion.png")
    draw_reliability(found, folder / "reliability.png")
    write_text(folder / "evaluation.md", evaluation_page(found))
    write_text(folder / "evaluation.json", found.to_json() + "\n")
