"""What happens after each round: the metric line, checkpoints, the model to keep when stopped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xgboost as xgb

_CHECKPOINT = re.compile(r"xgboost-checkpoint\.([0-9]+)")
_CHECKPOINTS_KEPT = 5


class InOrder(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """Runs callbacks one after the other and all of them.

    XGBoost keeps its callbacks in a set and stops at the first that ends the training: the last round's
    metric line would be printed or lost by chance.
    """

    def __init__(self, callbacks: Sequence[xgb.callback.TrainingCallback]) -> None:
        self._callbacks = callbacks

    def before_training(self, model: Any) -> Any:
        for callback in self._callbacks:
            model = callback.before_training(model)
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        ends = False
        for callback in self._callbacks:
            ends = callback.after_iteration(model, epoch, evals_log) or ends
        return ends

    def after_training(self, model: Any) -> Any:
        for callback in self._callbacks:
            model = callback.after_training(model)
        return model


class MetricLine(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """Prints `[<round>]\\ttrain-rmse:1.00000\\tvalidation-rmse:2.00000`: the service reads metrics off it."""

    def __init__(self, first_round: int) -> None:
        self._first_round = first_round

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        scores = [
            f"\t{data}-{metric}:{history[-1]:.5f}"
            for data, metrics in evals_log.items()
            for metric, history in metrics.items()
        ]
        print(f"[{epoch + self._first_round}]{''.join(scores)}", flush=True)
        return False


class Checkpoints(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """Writes `xgboost-checkpoint.<round>` after every round and keeps the newest five of this job."""

    def __init__(self, folder: Path, first_round: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._first_round = first_round

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        current = self._first_round + epoch
        write_model(model, self._folder / f"xgboost-checkpoint.{current}")
        stale = current - _CHECKPOINTS_KEPT
        if stale >= self._first_round:  # those of an earlier job stay
            (self._folder / f"xgboost-checkpoint.{stale}").unlink(missing_ok=True)
        return False


class LatestModel(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """Keeps the model file up to date, for jobs that are stopped and keep what they have."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        write_model(model, self._path)
        return False


def newest_checkpoint(folder: Path) -> tuple[Path | None, int]:
    """The checkpoint to go on from and the number of rounds it has; (None, 0) to start afresh."""
    found = {
        int(match[1]): path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := _CHECKPOINT.fullmatch(path.name))
    }
    for number in sorted(found, reverse=True):
        if _loads(found[number]):
            return found[number], number + 1
    return None, 0


def _loads(path: Path) -> bool:
    try:
        xgb.Booster(model_file=bytearray(path.read_bytes()))
    except xgb.core.XGBoostError:  # cut short by a kill: an older one will do
        return False
    return True


def write_model(model: xgb.Booster, path: Path) -> None:
    """Write the model in XGBoost's own binary JSON, complete or not at all.

    What a kill leaves behind has the ending that the service does not store.
    """
    unfinished = path.with_name(f".{path.name}.sagemaker-ignore")
    try:
        unfinished.write_bytes(model.save_raw(raw_format="ubj"))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
