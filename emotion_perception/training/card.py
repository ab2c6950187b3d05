"""The card of a model: what it is, what it was made of, how good it is, and what it is not for. From measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emotion_perception.core.errors import EvaluationError
from emotion_perception.core.expression import ModelDescription
from emotion_perception.core.markdown import table
from emotion_perception.training.evaluation_page import known_row, percent
from emotion_perception.training.looks import looks_path, read_looks
from emotion_perception.training.run_folder import RunFolder

_USE = """It sorts the picture of one face, cut as FER2013's are, into {n} classes, for robots that talk with people:
to react to a smile or a frown, beside what the person says and does. It says what an expression looks like to most
annotators, not what somebody feels: people show feelings differently, and people asked to label FER2013 agree with its
labels in 65 % of the pictures, give or take 5 (Goodfellow et al., 2013). Do not decide anything about a person by it.

In the European Union the AI Act (Regulation (EU) 2024/1689) prohibits inferring emotions of people at the workplace and
in education (Art. 5(1)(f)), except for medical or safety reasons, and elsewhere obliges you to tell people that such a
system runs (Art. 50(3))."""

_NUMBERS = ("two", "three", "four", "five", "six", "seven")

_LIMITS = """How the model differs between people of different age, gender or skin colour was not measured, nor were
glasses, masks, beards, profiles and bad light. What is said of a rare class is known from few pictures: see its row. On
other data, expect less."""

_FER2013 = """FER2013's pictures were found by an image search; they are grey, 48x48 pixels, and some have wrong labels.
Nothing tells who the people in them are."""

_FER_PLUS = """Beside the labels it learnt FER+'s votes: what ten annotators saw in each picture (Barsoum et al., 2016;
MIT licence)."""


def model_card(description: ModelDescription, evaluation: dict[str, Any], run: RunFolder | None) -> str:
    """Return the Markdown page of a model from its description, what evaluation.json says, and the run it came from.

    EvaluationError if the evaluation is of another file; TrainingError if the run cannot be read.
    """
    if evaluation["model_sha256"] != description.sha256:
        raise EvaluationError(
            f"the evaluation is of {evaluation['model']} ({evaluation['model_sha256'][:12]}…), not of"
            f" {description.name} {description.version} ({description.sha256[:12]}…): evaluate this file."
        )
    parts = [
        f"# {description.name} {description.version}",
        "Written by `emotion-perception card` from measurements; do not edit by hand.",
        _facts(description, evaluation),
        "## Intended use",
        _USE.format(n=_NUMBERS[len(description.known) - 2]),
        "## How good it is",
        *_scores(evaluation),
        "## Limits",
        _LIMITS,
        *([_FER2013] * ("fer2013" in evaluation["data"].lower())),
    ]
    if run:
        parts += ["## Data and recipe", *_training(run)]
        if looks := [look for each in _ancestry(run) for look in read_looks(looks_path(each))]:
            parts += ["## Looks at the test", *_looks(looks)]
    return "\n\n".join(parts) + "\n"


def _facts(description: ModelDescription, evaluation: dict[str, Any]) -> str:
    path = description.model_path()
    rows = [
        ("file", f"`{path.name}`, {_size(path)}, SHA-256 `{description.sha256}`"),
        ("input", f"{description.input_size}x{description.input_size} {description.colour}"),
        ("classes", ", ".join(description.labels)),
        ("temperature", f"{description.temperature:g}"),
        ("licence", description.licence),
        ("source", description.source),
    ]
    if evaluation.get("milliseconds"):
        rows.append(("time", f"{evaluation['milliseconds']:.2f} ms a face (median, one thread of the machine that"
                             " evaluated it)"))  # fmt: skip
    return table(("what", ""), rows)


def _scores(evaluation: dict[str, Any]) -> list[str]:
    rows = [_row("all", evaluation)]
    if known := evaluation.get("without_known"):
        rows.append(_row(known_row(evaluation["split"], evaluation["known"]), known))
    head = ("pictures", "count", "accuracy", "balanced accuracy", "macro-F1", f"ECE, {evaluation['ece_bins']} bins")
    classes = [
        (name, str(each["support"]), percent(each["precision"]), percent(each["recall"]), percent(each["f1"]))
        for name, each in evaluation["per_class"].items()
    ]
    where = f"{evaluation['split']} of {evaluation['data']}, on {evaluation['date'][:10]}:"
    parts = [where, table(head, rows), table(("class", "pictures", "precision", "recall", "F1"), classes)]
    if found := evaluation.get("pipeline"):
        parts.append(
            f"As the robot has it, the same faces drawn into scenes of {found['scene']}: {found['detector']} finds"
            f" {percent(found['detection_rate'])} of {found['faces']}; of those, {percent(found['accuracy'])} are right"
            f" ({percent(found['direct_accuracy'])} directly)."
        )
    return parts


def _row(name: str, scores: dict[str, Any]) -> tuple[str, ...]:
    shares = (percent(scores["balanced_accuracy"]), percent(scores["macro_f1"]))
    return (name, str(scores["count"]), percent(scores["accuracy"], 2), *shares, f"{scores['ece']:.3f}")


def _training(run: RunFolder) -> list[str]:
    data = run.data_card()
    teachers = ", ".join(Path(place).name for place in data["teachers"]) or "none"
    begun = [f"Begun with the weights of {start.path.name}." for start in run.started_from()]
    counts = [(name, str(count), str(data["validation"].get(name, 0))) for name, count in data["training"].items()]
    recipe = run.recipe()
    return [
        f"Trained on {sum(data['training'].values())} pictures of {data['name']} (SHA-256 `{data['digest']}`),"
        f" {'and its last epoch kept; validated' if recipe.monitor == 'epoch' else 'selected'} on"
        f" {sum(data['validation'].values())} others of the same split; no test split was looked at in training.",
        *([_FER_PLUS] * bool(recipe.votes_head or recipe.ferplus)),
        table(("class", "training", "validation"), counts),
        " ".join([*begun, f"Teachers: {teachers}. Recipe:"]),
        f"```yaml\n{recipe.to_yaml()}```",
    ]


def _ancestry(run: RunFolder) -> list[RunFolder]:
    """Every run whose weights it goes back to, and itself; EvaluationError if one is gone, and its looks with it."""
    if not run.is_begun:
        raise EvaluationError(
            f"there is no run in {run.path} any more, with whose weights this one began, so its looks at the test"
            " cannot be counted: bring it back."
        )
    return [*(each for start in run.started_from() for each in _ancestry(start)), run]


def _looks(looks: list[dict[str, str]]) -> list[str]:
    rows = [
        (look["date"][:10], look["model"], look["model_sha256"][:12], look["split"],
         percent(float(look["accuracy"]), 2))
        for look in looks
    ]  # fmt: skip
    return [
        f"How often this run, and those it began with, were measured on a test split: {len(looks)} times.",
        table(("date", "model", "SHA-256", "split", "accuracy"), rows),
    ]


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.2f} MB"
