"""Opening a dataset of whatever form."""

from __future__ import annotations

from pathlib import Path

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.datasets.npz import read_npz
from emotion_perception.training.skipping import Report, Skipped, log_report

KINDS = ("npz",)
MEMORY = 4 << 30


def open_dataset(path: Path | str, *, kind: str = "", memory: int = MEMORY, report: Report = log_report) -> Dataset:
    """Read the dataset at ``path``; what cannot be used is skipped and told to ``report``.

    kind: one of KINDS; "" looks at the files and guesses. memory: bytes that pictures may take. DatasetError, with the
    remedy, if there is no dataset, if it is damaged, or if no picture is left; ParameterError for an unknown kind.
    """
    place = Path(path).expanduser()
    if kind and kind not in KINDS:
        raise ParameterError(f'there is no dataset of kind "{kind}": choose one of {", ".join(KINDS)}.')
    if not place.exists():
        raise DatasetError(f"{place} does not exist: give the dataset's file or folder.")
    skipped = Skipped(report)
    dataset = read_npz(place, memory=memory, skipped=skipped)
    skipped.close()
    return dataset
