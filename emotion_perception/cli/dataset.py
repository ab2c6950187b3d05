"""`emotion-perception dataset`: look at datasets, sort AffectNet into classes, cut out faces, merge several."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_perception.cli.progress import progress_bar
from emotion_perception.cli.table import print_table
from emotion_perception.core.errors import DatasetError, ParameterError

if TYPE_CHECKING:
    from emotion_perception.training.dataset import Dataset


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `dataset` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "dataset",
        help="convert, merge and look at pictures to learn from",
        description="A dataset is a .npz file, FER2013's csv, AffectNet's lists, a folder of pictures for each class"
        " (FER2013, CK+48, your own), or what `merge` wrote.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="stats|merge|convert|faces")
    _add_stats(actions)
    _add_merge(actions)
    _add_convert(actions)
    _add_faces(actions)
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what ``args`` asks. Returns 0; DatasetError or ParameterError says what cannot be done."""
    return {"stats": _stats, "merge": _merge, "convert": _convert, "faces": _faces}[args.action](args)


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `open_dataset`, for every command that reads a dataset."""
    group = parser.add_argument_group("reading")
    group.add_argument("--kind", default="", help="npz, arrays, fer2013, affectnet or folders; guessed without")
    group.add_argument("--votes", type=Path, metavar="CSV", help="FER+'s csv, to go with FER2013's")
    group.add_argument("--crop", default="landmarks", help="AffectNet's faces: by landmarks (default), box, or whole")
    group.add_argument("--size", type=int, default=0, metavar="PIXELS", help="side of the pictures; 0 leaves them")
    group.add_argument("--colour", action=argparse.BooleanOptionalAction, help="RGB, or grey with --no-colour")
    group.add_argument("--memory", type=float, default=4.0, metavar="GB", help="what pictures may take (default 4)")
    group.add_argument("--cache", type=Path, metavar="FOLDER", help="keep what was read as NumPy arrays there")
    group.add_argument("--workers", type=int, default=2, metavar="N", help="threads (default 2)")


def read(path: Path, args: argparse.Namespace) -> Dataset:
    """Open a dataset as the options of ``add_reading_options`` say, with a bar, faults on stderr."""
    from emotion_perception.training.datasets import open_dataset

    _check_workers(args.workers)
    if args.memory < 0:
        raise ParameterError(f"--memory is {args.memory}: give 0 GB or more.")
    return open_dataset(
        path,
        kind=args.kind,
        votes=args.votes,
        crop=args.crop,
        size=args.size,
        colour=args.colour,
        memory=int(args.memory * 1e9),
        cache=args.cache,
        workers=args.workers,
        report=_say,
        progress=progress_bar("read"),
    )


def _add_stats(actions: argparse._SubParsersAction[Any]) -> None:
    parser = actions.add_parser("stats", help="count classes and duplicates; draw a histogram and samples")
    parser.add_argument("path", type=Path, metavar="DATASET")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write histogram.png and samples.png there")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which samples are drawn")
    add_reading_options(parser)


def _add_merge(actions: argparse._SubParsersAction[Any]) -> None:
    parser = actions.add_parser(
        "merge",
        help="make one dataset of several (AffectNet + FER2013 = AffectFer)",
        description="Reads every dataset, brings its pictures to one size and its labels to the same classes, and"
        " writes them to a new folder of NumPy arrays, or to one file if OUT ends with .npz.",
    )
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("paths", type=Path, nargs="+", metavar="DATASET")
    parser.add_argument(
        "--classes", default="7", metavar="7|6|5|NAMES", help="6: without disgust, 5: nor fear; or names, with commas"
    )
    parser.add_argument("--drop", action="append", default=[], metavar="CLASS", help="leave a class out; repeatable")
    parser.add_argument("--frontal", action="store_true", help="only pictures in which Haar finds one frontal face")
    parser.add_argument("--oversample", action="store_true", help="repeat rows for training until classes are equal")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which rows are repeated")
    parser.add_argument("--name", default="", help="of the new dataset; OUT's without")
    add_reading_options(parser)


def _add_convert(actions: argparse._SubParsersAction[Any]) -> None:
    parser = actions.add_parser(
        "convert",
        help="sort AffectNet's numbered folders into a folder for each class",
        description="Ended at any moment, the same command goes on where it was.",
    )
    parser.add_argument("path", type=Path, metavar="AFFECTNET", help="folder of training.csv and validation.csv")
    parser.add_argument("--method", default="copy", help="copy (default), link, hardlink, or crop: the faces as PNG")
    _add_making_options(parser)


def _add_faces(actions: argparse._SubParsersAction[Any]) -> None:
    parser = actions.add_parser(
        "faces",
        help="cut the faces out of photographs, as the robot sees them",
        description="Finds the face in every picture of a tree of folders, and writes it, level and framed as the"
        " robot's classifier gets it, to the same place below OUT. Ended at any moment, the same command goes on.",
    )
    parser.add_argument("path", type=Path, metavar="PHOTOS", help="folder of folders of pictures")
    _add_making_options(parser)


def _add_making_options(parser: argparse.ArgumentParser) -> None:
    """What ``_make`` takes besides the place to read from."""
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--size", type=int, default=224, metavar="PIXELS", help="side of a face (default 224)")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="threads (default 2)")


def _stats(args: argparse.Namespace) -> int:
    from emotion_perception.training.drawing import draw_histogram, draw_samples
    from emotion_perception.training.statistics import examine

    dataset = read(args.path, args)
    found = examine(dataset)
    shape = "x".join(map(str, found.shape))
    print(f"{found.name}: {found.rows:,} pictures of {shape}, SHA-256 {dataset.digest()}\n")
    splits = list(found.counts)
    print_table([
        ("", *(split or "(no split)" for split in splits)),
        *((name, *(f"{found.counts[split][name]:,}" for split in splits)) for name in dataset.classes),
        ("all", *(f"{sum(found.counts[split].values()):,}" for split in splits)),
        ("repeated", *(f"{found.repeated[split]:,}" for split in splits)),
    ])  # fmt: skip
    for (one, other), count in found.shared.items():
        print(f"{count:,} pictures of {one or '(no split)'} are in {other or '(no split)'} as well")
    print(f"{found.contradictory:,} pictures are there with different labels")
    if args.out:
        draw_histogram(found, args.out / "histogram.png")
        draw_samples(dataset, args.out / "samples.png", seed=args.seed)
        print(f"histogram.png and samples.png are in {args.out}")
    return 0


def _merge(args: argparse.Namespace) -> int:
    from emotion_perception.training.arrays import write_arrays
    from emotion_perception.training.choosing import (
        CLASS_SETS,
        frontal_only,
        oversampled,
        with_classes,
        without_classes,
    )
    from emotion_perception.training.dataset import join
    from emotion_perception.training.datasets import kind_of
    from emotion_perception.training.datasets.npz import write_npz
    from emotion_perception.training.resizing import resized

    if args.out.exists():
        raise DatasetError(f"{args.out} is there already: delete it, or choose another name.")
    classes = CLASS_SETS.get(args.classes) or tuple(name.strip() for name in args.classes.split(","))
    voted = [path for path in args.paths if path.exists() and (args.kind or kind_of(path)) == "fer2013"]
    if args.votes and not voted:
        raise ParameterError(f"{args.votes} belongs to FER2013's csv, which is not among the datasets: leave it out.")
    without_votes = argparse.Namespace(**{**vars(args), "votes": None})
    parts: list[Dataset] = []
    for path in args.paths:
        part = with_classes(read(path, args if path in voted else without_votes), classes)
        if args.drop:
            part = without_classes(part, args.drop)
        if args.frontal:
            part = frontal_only(part, workers=args.workers, progress=progress_bar("looked for faces in"))
        parts.append(resized(part, parts[0].shape[0], colour=len(parts[0].shape) == 3) if parts else part)
    whole = join(parts, name=args.name or args.out.stem)
    if args.oversample:
        whole = oversampled(whole, seed=args.seed)
    if args.out.suffix.lower() == ".npz":
        write_npz(whole, args.out)
    else:
        write_arrays(whole, args.out, progress=progress_bar("wrote"))
    print_table([(name, f"{count:,}") for name, count in whole.counts().items()])
    print(f"{len(whole):,} pictures are in {args.out}")
    return 0


def _convert(args: argparse.Namespace) -> int:
    from emotion_perception.training.conversion import convert

    return _make(args, partial(convert, method=args.method))


def _faces(args: argparse.Namespace) -> int:
    from emotion_perception.training.cropping import cut_faces

    return _make(args, cut_faces)


def _make(args: argparse.Namespace, make: Callable[..., Counter[str]]) -> int:
    from emotion_perception.training.skipping import Skipped

    _check_workers(args.workers)
    if not 8 <= args.size <= 1024:
        raise ParameterError(f"--size is {args.size}: choose 8 to 1024.")
    skipped = Skipped(_say)
    counts = make(
        args.path, args.out, size=args.size, workers=args.workers, skipped=skipped, progress=progress_bar("made")
    )
    skipped.close()
    print_table([(folder, f"{count:,}") for folder, count in sorted(counts.items())])
    print(f"{counts.total():,} pictures are in {args.out}, {sum(skipped.counts.values()):,} were skipped")
    return 0


def _check_workers(workers: int) -> None:
    if not 1 <= workers <= 64:
        raise ParameterError(f"--workers is {workers}: give 1 to 64.")


def _say(message: str) -> None:
    print(f"\r\x1b[K{message}" if sys.stderr.isatty() else message, file=sys.stderr)
