"""Algorithm mode of the XGBoost container: from root/input to root/model.

hyperparameters -> channels -> matrices -> `xgb.train` -> model, called as the container calls it, so that the same
data, hyperparameters and seed give the same trees.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import FrameType
from typing import Any

import xgboost as xgb

from pipelines.definition.algorithms.xgboost import MAXIMIZED
from runtime.algorithms.xgboost import channels, data, distributed, hyperparameters, metrics
from runtime.algorithms.xgboost.callbacks import (
    Checkpoints,
    InOrder,
    LatestModel,
    MetricLine,
    newest_checkpoint,
    write_model,
)
from runtime.algorithms.xgboost.evaluation import OwnMetrics
from runtime.algorithms.xgboost.log import log, reason
from runtime.images._base import AlgorithmFailure
from runtime.jobs.nest import keep, kept_or

MODEL_FILE = "xgboost-model"
_ROOT = PurePosixPath("/opt/ml")
# Hyperparameters of the container, unknown to XGBoost.
_CONTAINERS_OWN = (
    "num_round",
    "early_stopping_rounds",
    "csv_weights",
    "save_model_on_termination",
    "use_dask_gpu_training",
    "_tuning_objective_metric",
    "_kfold",
    "_num_cv_round",
)
# Texts of XGBoost's errors that are the user's business: reported as they are.
_USER_ERRORS = (
    "label must be in [0,1] for logistic regression",
    "label must be in [0, num_class)",
    "feature_names mismatch",
    "Check failed: preds.size() == info.labels_.size()",
    "Check failed: !auc_error AUC: the dataset only contains pos or neg samples",
    "base_score must be in (0,1) for logistic loss",
    "PoissonRegression: label must be nonnegative",
    "TweedieRegression: label must be nonnegative",
    "Check failed: reg_lambda",
)


@dataclass(frozen=True)
class Matrices:
    train: xgb.DMatrix
    validation: xgb.DMatrix | None

    def watched(self) -> list[tuple[xgb.DMatrix, str]]:
        pairs = [(self.train, "train")]
        return pairs if self.validation is None else [*pairs, (self.validation, "validation")]


def train(root: Path) -> None:
    """Run one training job in the folder that stands for /opt/ml. Raises AlgorithmFailure."""
    log("Running XGBoost Sagemaker in algorithm mode")
    values = hyperparameters.validate(_configuration(root, "hyperparameters"))
    _refuse_unavailable(values)
    values.setdefault("nthread", _threads())
    found = _channels(root)
    matrices = kept_or(lambda: _load(found, values))
    hosts = distributed.hosts_of(_configuration(root, "resourceconfig"))
    if hosts.several:
        _fit_together(hosts, root, values, matrices)
        return
    if matrices is None:
        raise AlgorithmFailure(f"No data in training channel path {_ROOT}/input/data/train")
    log("Single node training.")
    _fit(root, values, matrices, leads=True)


def _fit_together(
    hosts: distributed.Hosts, root: Path, values: Mapping[str, Any], matrices: Matrices | None
) -> None:
    taking_part = distributed.with_data(hosts, has_data=matrices is not None)
    if taking_part is None or matrices is None:
        return
    with distributed.together(taking_part):
        _fit(root, values, matrices, leads=taking_part.leads)


def _fit(root: Path, values: Mapping[str, Any], matrices: Matrices, *, leads: bool) -> None:
    """Train on the matrices; of several hosts, the one that leads tells about it and leaves the model."""
    log(f"Train matrix has {matrices.train.num_row()} rows and {matrices.train.num_col()} columns")
    if matrices.validation is not None:
        log(f"Validation matrix has {matrices.validation.num_row()} rows")
    model = root / "model" / MODEL_FILE
    model.parent.mkdir(parents=True, exist_ok=True)
    booster = _boost(values, matrices, _checkpoint_folder(root), model, leads=leads)
    if leads:
        write_model(booster, model)


def load_data(root: Path) -> None:
    """Read the channels once for several jobs, which this process forks. Raises AlgorithmFailure."""
    texts = _configuration(root, "hyperparameters")
    weights = 1 if texts.get("csv_weights", "").strip() == "1" else 0
    keep(lambda: _load(_channels(root), {"csv_weights": weights, "nthread": 1}))


def _channels(root: Path) -> channels.Channels:
    return channels.read(_configuration(root, "inputdataconfig"), root / "input" / "data")


def _configuration(root: Path, name: str) -> dict[str, Any]:
    path = root / "input" / "config" / f"{name}.json"
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    assert isinstance(document, dict)
    return document


def _refuse_unavailable(values: Mapping[str, Any]) -> None:
    if "_kfold" in values:
        raise AlgorithmFailure(
            "_kfold is not available in the local runtime; remove the hyperparameter"
        )
    if values.get("use_dask_gpu_training") == "true":
        raise AlgorithmFailure("use_dask_gpu_training needs GPUs, which the local runtime has not")


def _threads() -> int | None:
    """As the environment says: the library read OMP_NUM_THREADS when it was loaded, maybe before this job."""
    text = os.environ.get("OMP_NUM_THREADS", "")
    return int(text) if text.isdecimal() and int(text) > 0 else None


def _load(found: channels.Channels, values: Mapping[str, Any]) -> Matrices | None:
    """What this host has; None without training data. Raises AlgorithmFailure."""
    threads: int | None = values["nthread"]
    weights = values.get("csv_weights") == 1
    train_matrix = data.load(found.train, found.format, weights=weights, threads=threads)
    if train_matrix is None:
        return None
    if found.validation is None:
        return Matrices(train_matrix, None)
    validation = data.load(found.validation, found.format, weights=weights, threads=threads)
    if validation is None:
        raise AlgorithmFailure(f"No data in validation channel path {_ROOT}/input/data/validation")
    return Matrices(train_matrix, validation)


def _checkpoint_folder(root: Path) -> Path | None:
    local = _configuration(root, "checkpointconfig").get("LocalPath")
    if local is None:
        return None
    path = PurePosixPath(local)
    return root / path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else Path(path)


def _boost(
    values: Mapping[str, Any],
    matrices: Matrices,
    checkpoints: Path | None,
    model: Path,
    *,
    leads: bool,
) -> xgb.Booster:
    previous, done = newest_checkpoint(checkpoints) if checkpoints else (None, 0)
    if previous is not None:
        log(f"Checkpoint loaded from {previous}")
        log(f"Resuming from iteration {done}")
    evaluated = _evaluated(values)
    callbacks = [OwnMetrics(metrics.own(evaluated), matrices.watched())]
    callbacks += [*([MetricLine(done)] if leads else []), *_stopping(values, matrices)]
    if checkpoints and leads:
        callbacks.append(Checkpoints(checkpoints, done))
    keeps = values.get("save_model_on_termination") == "true"
    if keeps and leads:
        callbacks.append(LatestModel(model))
    # What XGBoost would evaluate as well, nobody would see.
    covered = metrics.are_all_own(evaluated, values.get("objective", "reg:squarederror"))
    with _exit_cleanly_on_termination(keeps):
        return _call(
            _parameters(values, evaluated),
            matrices.train,
            evals=[] if covered else matrices.watched(),
            num_boost_round=values["num_round"] - done,
            callbacks=[InOrder(callbacks)],
            xgb_model=previous,
        )


def _evaluated(values: Mapping[str, Any]) -> list[str]:
    """eval_metric and the tuning objective: sorted when both are given, as given when one is."""
    objective, given = _tuning_metric(values), values.get("eval_metric")
    if objective and given:
        return sorted({objective, *given})
    return list(given or ([objective] if objective else []))


def _tuning_metric(values: Mapping[str, Any]) -> str | None:
    objective: str | None = values.get("_tuning_objective_metric")
    return objective.partition(":")[2] if objective else None


def _stopping(values: Mapping[str, Any], matrices: Matrices) -> list[xgb.callback.TrainingCallback]:
    """Early stopping, which the container leaves out silently without a validation channel or a metric."""
    rounds = values.get("early_stopping_rounds")
    metric = _tuning_metric(values) or next(reversed(values.get("eval_metric", [])), None)
    if rounds is None or metric is None or matrices.validation is None:
        return []
    return [
        xgb.callback.EarlyStopping(
            rounds=rounds,
            metric_name=metric,
            data_name="validation",
            maximize=metric in MAXIMIZED,
            save_best=True,
        )
    ]


def _parameters(values: Mapping[str, Any], evaluated: Sequence[str]) -> dict[str, Any]:
    chosen = {name: value for name, value in values.items() if name not in _CONTAINERS_OWN}
    chosen.pop("eval_metric", None)
    if chosen["nthread"] is None:
        del chosen["nthread"]
    if "interaction_constraints" in chosen:
        # A list would have to hold names; these are the columns' numbers.
        chosen["interaction_constraints"] = str(chosen["interaction_constraints"])
    if "updater" in chosen:
        chosen["updater"] = ",".join(chosen["updater"])
    built_in = metrics.built_in(evaluated)
    return {**chosen, "eval_metric": built_in} if built_in else chosen


def _call(parameters: Mapping[str, Any], matrix: xgb.DMatrix, **options: Any) -> xgb.Booster:
    try:
        return xgb.train(parameters, matrix, verbose_eval=False, **options)
    except (xgb.core.XGBoostError, ValueError) as error:
        if any(text in str(error) for text in _USER_ERRORS):
            raise AlgorithmFailure(reason(error)) from error
        raise AlgorithmFailure(
            f"XGB train call failed with exception:\n {reason(error)}"
        ) from error


@contextmanager
def _exit_cleanly_on_termination(wanted: bool) -> Iterator[None]:
    """A stopped job that keeps its latest model ends as a success. Signals belong to the main thread."""
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
