"""Plans: from a dataset to the files that are shipped, as a list of commands."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emotion_perception.core import paths
from emotion_perception.core.errors import TrainingError
from emotion_perception.core.yaml_files import read_mapping


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a model is made; each field is a key of the yaml.

    teacher, student: recipes. teachers: how many, each with another fold left out; 0 for none. teacher_changes,
    student_changes: values in place of the recipes'. polish: more such values, for each further training: it begins
    with the weights of the one before, and where they have ``teaching``, the student and all before it teach it, too
    (born-again networks, Furlanello et al., 2018). formats, main: as `export` takes them. test: the split on which the
    exported files are evaluated, "" for none. through_pipeline: the main one also by detector and alignment.
    """

    name: str
    version: str
    licence: str
    student: str
    formats: list[str]
    main: str
    test: str = ""
    through_pipeline: bool = False
    teacher: str = ""
    teachers: int = 0
    teacher_changes: dict[str, Any] = field(default_factory=dict)
    student_changes: dict[str, Any] = field(default_factory=dict)
    polish: list[dict[str, Any]] = field(default_factory=list)

    def commands(self, data: Path, work: Path, *, backend: str = "") -> list[list[str]]:
        """The arguments of `emotion-perception`, in order; each may be given again after it was stopped, or done."""
        given = ["--data", str(data), "--resume", *(["--backend", backend] if backend else [])]
        taught = [work / f"teacher{fold}" for fold in range(self.teachers)]
        lessons = [
            ["train", "--recipe", self.teacher, "--folds", str(self.teachers), "--fold", str(fold), "--seed", str(fold),
             "--out", str(folder), *given, *_flags(self.teacher_changes)]
            for fold, folder in enumerate(taught)
        ]  # fmt: skip
        train = ["train", "--recipe", self.student, *given]
        for run, (folder, changes) in enumerate(zip(self._runs(work), [{}, *self.polish], strict=True)):
            earlier = self._runs(work)[:run]
            start = ["--start", str(earlier[-1])] if earlier else []
            asked = [*taught, *(earlier if "teaching" in changes else [])]
            told = ["--teachers", *map(str, asked)] if asked else []
            lessons.append([*train, "--out", str(folder), *start, *_flags(self.student_changes | changes), *told])
        files = ["export", str(self.kept(work)), "--data", str(data), "--out", str(self.exports(work)),
                 "--name", self.name, "--version", self.version, "--licence", self.licence, "--main", self.main,
                 "--formats", *self.formats]  # fmt: skip
        return [*lessons, files, *self._looks(data, work)]

    def kept(self, work: Path) -> Path:
        """The run whose network is exported."""
        return self._runs(work)[-1]

    def _runs(self, work: Path) -> list[Path]:
        return [work / "student", *(work / f"polished{number}" for number in range(1, 1 + len(self.polish)))]

    def exports(self, work: Path) -> Path:
        """Where the files are made: in the run's folder, so that looks at the test are noted with it."""
        return self.kept(work) / "export"

    def _looks(self, data: Path, work: Path) -> list[list[str]]:
        """Commands that evaluate each exported file, and then write each its card, which counts all looks."""
        looks, cards = [], []
        for kind in self.formats if self.test else ():
            stem = self.name if kind == self.main else f"{self.name}_{kind}"
            model, evaluation = self.exports(work) / f"{stem}.yaml", work / "evaluation" / stem
            look = ["evaluate", "--model", str(model), "--data", str(data), "--split", self.test, "--out",
                    str(evaluation)]  # fmt: skip
            looks.append([*look, "--through-pipeline"] if self.through_pipeline and kind == self.main else look)
            cards.append(["card", str(model), "--evaluation", str(evaluation / "evaluation.json"), "--run",
                          str(self.kept(work)), "--out", str(model.with_suffix(".md"))])  # fmt: skip
        return looks + cards


def load_plan(which: str | Path) -> Plan:
    """Read a plan by its name in config/training/plans, or by the path of a yaml file.

    TrainingError names the file and the key that is wrong.
    """
    path = Path(which)
    if path.suffix not in (".yaml", ".yml"):
        path = paths.share_dir() / "config" / "training" / "plans" / f"{which}.yaml"
    document = read_mapping(path, "plan", TrainingError)
    known = {one.name: one for one in dataclasses.fields(Plan)}
    if unknown := [str(key) for key in document if key not in known]:
        raise TrainingError(f'{path}: there is no key "{unknown[0]}"; the keys are {", ".join(known)}.')
    kinds = {
        "teachers": int,
        "through_pipeline": bool,
        "formats": list,
        "teacher_changes": dict,
        "student_changes": dict,
        "polish": list,
    }
    for key, value in document.items():
        if type(value) is not (kind := kinds.get(key, str)):
            words = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "keys and values"}
            raise TrainingError(f'{path}: "{key}" is {value!r}, but must be {words[kind]}.')
    if not all(isinstance(one, dict) for one in document.get("polish", [])):
        raise TrainingError(f'{path}: "polish" is {document["polish"]!r}, but must be a list of keys and values.')
    needed = [name for name, one in known.items() if name not in document and one.default is dataclasses.MISSING
              and one.default_factory is dataclasses.MISSING]  # fmt: skip
    if needed:
        raise TrainingError(f'{path}: the key "{needed[0]}" is missing: add it.')
    plan = Plan(**document)
    if plan.main not in plan.formats:
        raise TrainingError(f'{path}: "main" is {plan.main!r}, but must be one of its formats.')
    if plan.teachers and (plan.teachers == 1 or not plan.teacher):
        raise TrainingError(f'{path}: "teachers" is {plan.teachers}: give 2 or more and a "teacher", or 0.')
    return plan


def _flags(changes: Mapping[str, Any]) -> list[str]:
    flags: list[str] = []
    for key, value in changes.items():
        flag = key.replace("_", "-")
        if isinstance(value, bool):
            flags.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, list):
            flags += [f"--{flag}", *map(str, value)]
        else:
            flags += [f"--{flag}", str(value)]
    return flags
