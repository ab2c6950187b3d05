"""An evaluation as a Markdown page."""

from __future__ import annotations

from emotion_perception.core.markdown import table
from emotion_perception.training.evaluation import Evaluation
from emotion_perception.training.pipeline import PipelineScores

_DASH = "–"


def evaluation_page(found: Evaluation) -> str:
    """Return the page: scores, classes, confusion, and the pipeline if it was measured."""
    parts = [
        f"# {found.model} on {found.data}, {found.split}",
        f"{found.count} pictures, {found.date}. SHA-256 of the model {found.model_sha256[:12]}…, of the data"
        f" {found.data_sha256[:12]}….",
        *([f"{found.left_out} pictures of classes that the model does not know are left out."] * bool(found.left_out)),
        scores_table(found),
        class_table(found),
        "Rows are the right classes, columns the answers:",
        table(
            ("", *found.classes),
            [(name, *map(str, row)) for name, row in zip(found.classes, found.confusion, strict=True)],
        ),
    ]
    if found.pipeline:
        parts += ["## Through the robot's pipeline", pipeline_table(found.pipeline)]
    return "\n\n".join(parts) + "\n"


def scores_table(found: Evaluation) -> str:
    """The scores of all pictures, and of those that are not in Training too."""
    head = ("pictures", "count", "accuracy", "balanced", "macro-F1", "macro AUC", "ECE")
    area = _DASH if found.macro_auc is None else f"{found.macro_auc:.3f}"
    ece = f"{found.ece:.3f}"
    rows = [("all", str(found.count), percent(found.accuracy, 2), percent(found.balanced_accuracy),
             percent(found.macro_f1), area, ece)]  # fmt: skip
    if part := found.without_known:
        name = known_row(found.split, found.known)
        rows.append((name, str(part.count), percent(part.accuracy, 2), percent(part.balanced_accuracy),
                     percent(part.macro_f1), _DASH, f"{part.ece:.3f}"))  # fmt: skip
    if fitted := found.calibrated:
        name = f"all, at temperature {fitted.temperature:.3f}"
        rows.append((name, str(found.count), *rows[0][2:6], f"{fitted.ece:.3f}"))
    return table(head, rows)


def known_row(split: str, known: int | None) -> str:
    """What the row without known pictures is called."""
    return f"not learnt from ({known} were)" if split in ("Training", "all") else f"not in Training too ({known} are)"


def class_table(found: Evaluation) -> str:
    """A row for each class."""
    return table(
        ("class", "pictures", "precision", "recall", "F1", "AUC"),
        [
            (
                name,
                str(each.support),
                percent(each.precision),
                percent(each.recall),
                percent(each.f1),
                _DASH if each.auc is None else f"{each.auc:.3f}",
            )
            for name, each in found.per_class.items()
        ],
    )


def pipeline_table(found: PipelineScores) -> str:
    """The robot's number beside the direct one of the same faces."""
    loss = 100 * (found.direct_accuracy - found.accuracy)
    return table(
        ("what", "value"),
        [
            ("detector, scenes", f"{found.detector}, {found.faces} of {found.scene}"),
            ("faces found", f"{found.detected} ({percent(found.detection_rate)})"),
            ("other boxes", str(found.false_detections)),
            ("accuracy on faces found", percent(found.accuracy)),
            ("the same faces directly", percent(found.direct_accuracy)),
            ("lost on the way", f"{loss:.1f} points"),
            ("accuracy, a missed face being wrong", percent(found.accuracy_of_all)),
        ],
    )


def percent(value: float, digits: int = 1) -> str:
    """As "65.4 %"."""
    return f"{100 * value:.{digits}f} %"
