"""Loss, accuracy and learning rate by epoch, as a picture."""

from __future__ import annotations

from pathlib import Path

from emotion_perception.training.figures import new_figure, save_figure


def draw_curves(history: list[dict[str, float]], path: Path, *, title: str, best_epoch: int) -> None:
    """Draw the rows of log.csv into a PNG, with a line at the best epoch (counted from 1)."""
    figure = new_figure((9.0, 4.5))
    figure.suptitle(title)
    epochs = [row["epoch"] for row in history]
    panels = (
        ("loss", (("loss", "training, as augmented"), ("val_loss", "validation"))),
        ("accuracy", (("accuracy", "training, as augmented"), ("val_accuracy", "validation"),
                      ("val_macro_f1", "validation, macro-F1"))),
        ("learning rate", (("learning_rate", ""),)),
    )  # fmt: skip
    for axes, (name, lines) in zip(figure.subplots(1, 3), panels, strict=True):
        for key, label in lines:
            axes.plot(epochs, [row[key] for row in history], label=label, marker="." if len(epochs) < 20 else "")
        if best_epoch >= 0:
            axes.axvline(best_epoch, color="grey", linestyle=":", label="best epoch")
        axes.set_xlabel("epoch")
        axes.set_title(name)
        axes.grid(alpha=0.3)
        if len(lines) > 1:
            axes.legend()
    save_figure(figure, path)
