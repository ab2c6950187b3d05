"""A study of a recipe's options: trainings that differ in them, shared by all who work on it through a database."""

from __future__ import annotations

import re
import socket
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emotion_perception.core.errors import EvaluationError, PerceptionError, TrainingError
from emotion_perception.training.backend import load_keras
from emotion_perception.training.learning import Watcher
from emotion_perception.training.recipes import Recipe
from emotion_perception.training.run import begin, go_on
from emotion_perception.training.run_folder import RunFolder
from emotion_perception.training.sweep_space import Choices, Space

#: A worker that has shown no sign of life for so many seconds has died, and its trial is open to others.
_HEARTBEAT, _GRACE = 60, 180
#: Of the reason why a trial failed: databases keep so many characters of an attribute.
_LONGEST_WHY = 500
_PLAN, _VALUES, _FOLDER, _HOST, _WHY = "plan", "values", "folder", "host", "why"


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What is studied, and where this worker keeps its runs.

    digest: of the data, which all workers must share. plan: the values of each trial.
    """

    recipe: Recipe
    space: Space
    plan: Sequence[dict[str, Any]]
    data: Path
    kind: str
    digest: str
    out: Path

    def identity(self) -> dict[str, str]:
        """What must be the same for everybody who works on the study."""
        return {"recipe": self.recipe.to_yaml(), "options": repr(dict(self.space)), "data": self.digest}


@dataclass(frozen=True)
class Trial:
    """A training. accuracy: of its best epoch on the validation part, once it is over; state: Optuna's, lower case."""

    number: int
    state: str
    values: dict[str, Any]
    accuracy: float | None
    folder: str
    why: str


def open_study(storage: str, name: str, sweep: Sweep) -> Any:
    """Open the study, or create and plan it. storage: address of a database; "" for sweep.db in the sweep's folder.

    EvaluationError if it is about something else, or cannot be reached; TrainingError without Optuna.
    """
    try:
        import optuna
        from sqlalchemy import URL
    except ImportError as error:
        raise TrainingError(f"sweeps need Optuna ({error}): python3 -m pip install optuna") from error
    # As a URL, since ? and % mean something in an address.
    storage = storage or URL.create("sqlite", database=str(sweep.out.absolute() / "sweep.db")).render_as_string()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    try:
        database = optuna.storages.RDBStorage(
            storage,
            heartbeat_interval=_HEARTBEAT,
            grace_period=_GRACE,
            heartbeat_stale_trial_callback=optuna.storages.RetryHeartbeatStaleTrialCallback(),
        )
        study = optuna.create_study(storage=database, study_name=name, direction="maximize", load_if_exists=True)
    except Exception as error:  # whatever the database's driver raises
        reason = without_password(" ".join(str(error).split()))[:200]
        raise EvaluationError(
            f"storage {without_password(storage)} cannot be used ({reason}): give sqlite:///FILE, or the address of a"
            " MySQL or PostgreSQL database whose Python driver is installed."
        ) from error
    known = study.user_attrs.get(_PLAN)
    if known is None:
        study.set_user_attr(_PLAN, sweep.identity())
    elif differing := [what for what, value in sweep.identity().items() if known[what] != value]:
        raise EvaluationError(
            f'study "{name}" in {without_password(storage)} has another {differing[0]}: give the same as when it'
            " began, or another --study."
        )
    for values in sweep.plan:  # of a longer plan than when it began, those that are new
        study.enqueue_trial(values, user_attrs={_VALUES: values}, skip_if_exists=True)
    return study


def without_password(text: str) -> str:
    """The text with the user and password of each address in it left out."""
    return re.sub(r"//[^/@\s]*@", "//…@", text)


def work(
    study: Any, sweep: Sweep, watcher: Watcher, *, after_trial: Callable[[], object], say: Callable[[str], None]
) -> None:
    """Train what nobody else does until nothing is left; a training of ours that a kill ended goes on.

    after_trial: called whenever one is over. An error of a trial fails that trial, and the next one begins. Ctrl-C
    and the like leave it to whoever works on the study next.
    """
    import optuna

    def objective(trial: Any) -> float:
        try:
            return _train(trial, sweep, watcher, say)
        except optuna.TrialPruned:
            raise
        except Exception as error:  # a network that does not fit into memory, too: others may
            why = str(error) if isinstance(error, PerceptionError) else f"{type(error).__name__}: {error}"
            trial.set_user_attr(_WHY, why[:_LONGEST_WHY])
            say(f"trial {trial.number} failed: {why}")
            raise
        except BaseException:
            _begin_anew(study, study.get_trials(deepcopy=False)[trial.number])
            raise

    _take_back(study, sweep)
    while True:
        optuna.storages.fail_stale_trials(study)
        if not study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,)):
            return
        study.optimize(objective, n_trials=1, catch=Exception)
        after_trial()


def trials(study: Any) -> list[Trial]:
    """All of a study, the best first; what was begun anew after a kill is told once."""
    found = [
        Trial(
            number=each.number,
            state=each.state.name.lower(),
            values=each.user_attrs[_VALUES],
            accuracy=each.value if each.state.name == "COMPLETE" else None,
            folder=each.user_attrs.get(_FOLDER, ""),
            why=each.user_attrs.get(_WHY, ""),
        )
        for each in study.get_trials(deepcopy=False)
        # One that a worker took when nothing was left has no values until it is pruned.
        if each.state.name != "PRUNED"
        and _VALUES in each.user_attrs
        and (each.state.name != "FAIL" or _WHY in each.user_attrs)
    ]
    return sorted(found, key=lambda each: -np.inf if each.accuracy is None else each.accuracy, reverse=True)


def _train(trial: Any, sweep: Sweep, watcher: Watcher, say: Callable[[str], None]) -> float:
    import optuna

    # Another worker was faster to take the last one, or planned the same at the same moment.
    if _VALUES not in trial.user_attrs or _is_planned_twice(trial):
        raise optuna.TrialPruned
    values = {name: _suggested(trial, name, each) for name, each in sweep.space.items()}
    # One that begins anew after a kill has the attributes of the first, and goes on in its folder if that is here.
    name = Path(trial.user_attrs.get(_FOLDER, f"trial-{trial.number:04d}")).name
    folder = RunFolder(sweep.out / name)
    trial.set_user_attr(_HOST, socket.gethostname())
    trial.set_user_attr(_FOLDER, str(folder.path.absolute()))
    say(f"trial {trial.number}: {', '.join(f'{name} {value}' for name, value in values.items())}")
    with folder.alone(wait=True):
        load_keras().utils.clear_session()
        parts = None
        if not folder.is_begun:
            parts = begin(folder, sweep.recipe.but(**values), data=sweep.data, kind=sweep.kind)
        state = go_on(folder, watcher, data=sweep.data, parts=parts, say=say)
    return float(state.history[state.progress.best_epoch]["val_accuracy"])


def _suggested(trial: Any, name: str, values: Any) -> Any:
    if isinstance(values, Choices):
        return trial.suggest_categorical(name, values.values)
    if values.whole:
        return trial.suggest_int(name, values.low, values.high, log=values.log)
    return trial.suggest_float(name, values.low, values.high, log=values.log)


def _take_back(study: Any, sweep: Sweep) -> None:
    """Open to all what this machine began in our folder and nobody works on any more: a kill lets its lock go."""
    import optuna

    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        folder = Path(trial.user_attrs.get(_FOLDER, ""))
        here = trial.user_attrs.get(_HOST) == socket.gethostname() and folder.parent == sweep.out.absolute()
        if here and RunFolder(folder).is_free:
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
            _begin_anew(study, trial)


def _begin_anew(study: Any, trial: Any) -> None:
    """Have a trial that came to no end taken up once more, in its folder."""
    import optuna

    optuna.storages.RetryHeartbeatStaleTrialCallback()(study, trial)


def _is_planned_twice(trial: Any) -> bool:
    earlier = trial.study.get_trials(deepcopy=False)[: trial.number]
    values = trial.user_attrs[_VALUES]
    return any(each.state.name not in ("FAIL", "PRUNED") and each.user_attrs.get(_VALUES) == values for each in earlier)
