"""How a training goes on, in a terminal (a bar) or a log (a line for each epoch)."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm


class Bar:
    """A Watcher of ``training.learning``: a bar for the epoch at work, a line for each that is over, on stderr."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def step(self, epoch: int, done: int, steps: int, loss: float, accuracy: float) -> None:
        """Move the bar."""
        if self._bar is None:
            self._bar = tqdm(
                total=steps,
                initial=0,
                desc=f"epoch {epoch}",
                unit="step",
                leave=False,
                dynamic_ncols=True,
                disable=not sys.stderr.isatty(),
            )
        self._bar.n = done
        self._bar.set_postfix(loss=f"{loss:.3f}", accuracy=f"{accuracy:.3f}")

    def epoch(self, row: dict[str, float], epochs: int, *, best: bool) -> None:
        """Write the epoch's line."""
        self._close()
        print(
            f"epoch {row['epoch']:.0f}/{epochs}  loss {row['loss']:.4f}  accuracy {row['accuracy']:.4f}  validation:"
            f" loss {row['val_loss']:.4f}  accuracy {row['val_accuracy']:.4f}  macro-F1 {row['val_macro_f1']:.4f}"
            f"  {row['seconds']:.0f} s{'  best' if best else ''}",
            file=sys.stderr,
            flush=True,
        )

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
