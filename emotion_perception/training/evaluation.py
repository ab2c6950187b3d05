"""A model's whole report on one split: scores, calibration, known pictures left out, and the robot's own number."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError, EvaluationError, ParameterError, TrainingError
from emotion_perception.core.labels import to_label
from emotion_perception.training.calibration import (
    BINS,
    Bin,
    expected_calibration_error,
    fit_temperature,
    reliability,
    with_temperature,
)
from emotion_perception.training.classifiers import Classifier
from emotion_perception.training.collecting import Progress
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.metrics import ClassScore, Scores, score
from emotion_perception.training.parts import training_parts
from emotion_perception.training.pipeline import PipelineScores


@dataclass(frozen=True)
class Part:
    """Scores of some of the pictures, in short."""

    count: int
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    ece: float


@dataclass(frozen=True)
class Calibrated:
    """With a temperature, fitted by likelihood to the validation part of the run: count pictures of its Training."""

    temperature: float
    count: int
    nll: float
    ece: float


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What evaluation.json holds. Scores are those of metrics.Scores, 0..1; ece of ece_bins bins of equal width.

    left_out: pictures of classes that the model does not know. without_known: without those pictures that, pixel by
    pixel, are in Training too or that the model's run learnt from (``known`` of them), None where neither is known or
    nothing is left.
    calibrated: None unless the model lies in its run's folder and a temperature can be fitted. milliseconds: median of
    a face on one thread, None for Keras. pipeline: None unless it was asked for.
    """

    model: str
    model_sha256: str
    data: str
    data_sha256: str
    split: str
    date: str
    count: int
    left_out: int
    classes: tuple[str, ...]
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    macro_auc: float | None
    nll: float
    ece: float
    ece_bins: int
    per_class: dict[str, ClassScore]
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[Bin, ...]
    known: int | None
    without_known: Part | None
    calibrated: Calibrated | None
    milliseconds: float | None
    pipeline: PipelineScores | None = None

    def to_json(self) -> str:
        """One object; indented."""
        return json.dumps(asdict(self), indent=2)


@dataclass(frozen=True, eq=False)
class Answers:
    """A part of a dataset in the order and under the numbers of a model's classes, and what the model said of it."""

    part: Dataset
    probabilities: NDArray[np.float64]
    left_out: int


def choose_split(dataset: Dataset, name: str) -> tuple[str, Dataset]:
    """Choose rows by the name of a split, "all", or "": PublicTest where there is one, else all; and name them.

    DatasetError if there is no such split.
    """
    if not name:
        name = "PublicTest" if "PublicTest" in dataset.split_names else "all"
    return name, dataset if name == "all" else dataset.split(name)


def ask(classifier: Classifier, part: Dataset, *, progress: Progress | None = None) -> Answers:
    """Have the model answer. EvaluationError if it knows none of the data's classes."""
    known = {to_label_or_name(name): index for index, name in enumerate(classifier.classes)}
    theirs = [known.get(to_label_or_name(name), -1) for name in part.classes]
    numbers = np.array(theirs)[part.labels]
    kept = numbers >= 0
    if not kept.any():
        raise EvaluationError(
            f"{classifier.name} knows {', '.join(classifier.classes)}, and {part.name} has only"
            f" {', '.join(part.classes)}: evaluate it on data of its own classes."
        )
    chosen = part if kept.all() else part.subset(kept)
    chosen = replace(chosen, labels=numbers[kept].astype(np.uint8), classes=classifier.classes)
    return Answers(chosen, classifier.probabilities(chosen.images, progress), int((~kept).sum()))


def to_label_or_name(name: str) -> str:
    """One name for what data sets call differently; the name itself where core.labels knows none."""
    try:
        return to_label(name) or name
    except KeyError:
        return name


def evaluate(
    classifier: Classifier,
    dataset: Dataset,
    answers: Answers,
    *,
    split: str,
    pipeline: PipelineScores | None = None,
) -> Evaluation:
    """Put everything together. dataset: the whole, of which ``answers`` are about a split.

    EvaluationError, DatasetError or TrainingError if a part cannot be had.
    """
    labels, found = answers.part.labels, answers.probabilities
    scores, bins = score(found, labels, classifier.classes), reliability(found, labels)
    known = _known(classifier, dataset, answers.part, split)
    return Evaluation(
        model=classifier.name,
        model_sha256=classifier.sha256,
        data=dataset.name,
        data_sha256=answers.part.digest(),
        split=split,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        left_out=answers.left_out,
        classes=classifier.classes,
        ece=expected_calibration_error(bins),
        ece_bins=BINS,
        reliability=bins,
        known=None if known is None else int(known.sum()),
        without_known=None if known is None or known.all() else _part(found[~known], labels[~known], classifier),
        calibrated=_calibrated(classifier, dataset, answers),
        milliseconds=classifier.milliseconds,
        pipeline=pipeline,
        **_fields(scores),
    )


def read_evaluation(path: Path) -> dict[str, Any]:
    """Read an evaluation.json; EvaluationError if it is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if missing := sorted({one.name for one in fields(Evaluation)} - set(found)):
            raise ValueError(f"it has no {missing[0]}")
    except (OSError, ValueError, TypeError) as error:
        raise EvaluationError(f"{path} cannot be read ({error}): run `emotion-perception evaluate` anew.") from error
    return found


def _fields(scores: Scores) -> dict[str, Any]:
    return dict(vars(scores))


def _part(found: NDArray[np.float64], labels: NDArray[np.uint8], classifier: Classifier) -> Part:
    scores = score(found, labels, classifier.classes)
    ece = expected_calibration_error(reliability(found, labels))
    return Part(scores.count, scores.accuracy, scores.balanced_accuracy, scores.macro_f1, ece)


def _known(classifier: Classifier, dataset: Dataset, part: Dataset, split: str) -> NDArray[np.bool_] | None:
    """(N,) which pictures of the part are in Training too, or were learnt from; None if neither is known.

    What a run learnt from is only known again at the size that it had.
    """
    known: set[bytes] = set()
    is_told = False
    if split not in ("Training", "all") and "Training" in dataset.split_names:
        known.update(dataset.split("Training").fingerprints().tolist())
        is_told = True
    if classifier.run and classifier.run.trained_on.is_file() and classifier.run.picture() == part.shape:
        known.update(classifier.run.learnt_from().tolist())
        is_told = True
    return np.array([mark in known for mark in part.fingerprints().tolist()]) if is_told else None


def _calibrated(classifier: Classifier, dataset: Dataset, answers: Answers) -> Calibrated | None:
    """Fit a temperature to the validation part that the run kept; None without a run, or with other data."""
    if classifier.run is None:
        return None
    try:
        _, validation = training_parts(dataset, classifier.run.recipe())
    except (DatasetError, ParameterError, TrainingError):  # other data than the run had: no Training, or other classes
        return None
    if validation.digest() != classifier.run.data_card()["validation_digest"]:
        return None
    asked = ask(classifier, validation)
    try:
        temperature = fit_temperature(asked.probabilities, asked.part.labels)
    except EvaluationError:  # every answer is right, as in a toy, or they are few
        return None
    found = with_temperature(answers.probabilities, temperature)
    scores = score(found, answers.part.labels, classifier.classes)
    ece = expected_calibration_error(reliability(found, answers.part.labels))
    return Calibrated(temperature, len(asked.part), scores.nll, ece)
