"""Algorithm mode of the XGBoost container: from root/input to root/model.

hyperparameters -> channels -> matrices -> `xgb.train` -> model, called as the container calls it, so that the same
data, hyperparameters and seed give the same trees.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import xgboost as xgb

from pipelines.definition.algorithms.xgboost import MAXIMIZED
from runtime.algorithms.xgboost import (
    channels,
    data,
    distributed,
    files,
    hyperparameters,
    kfold,
    metrics,
    termination,
)
from runtime.algorithms.xgboost.callbacks import (
    Checkpoints,
    InOrder,
    LatestModel,
    MetricLine,
    newest_checkpoint,
    write_model,
)
from runtime.algorithms.xgboost.evaluation import OwnMetrics
from runtime.algorithms.xgboost.failures import train_call_failed
from runtime.algorithms.xgboost.log import log
from runtime.algorithms.xgboost.parameters import (
    evaluated_metrics,
    library_parameters,
    tuning_metric,
)
from runtime.images._base import AlgorithmFailure
from runtime.jobs.nest import keep, kept_or

MODEL_FILE = "xgboost-model"
_ROOT = PurePosixPath("/opt/ml")
# Tree methods that read binned columns.
_BINNED = ("auto", "hist")


@dataclass(frozen=True)
class Matrices:
    train: xgb.DMatrix
    validation: xgb.DMatrix | None

    def watched(self) -> list[tuple[xgb.DMatrix, str]]:
        pairs = [(self.train, "train")]
        return pairs if self.validation is None else [*pairs, (self.validation, "validation")]


@dataclass(frozen=True)
class Part:
    """One booster of a job: where its model belongs, whether this host tells about it, and its rows, if not all."""

    model: Path
    leads: bool
    rows: xgb.DMatrix | None = None


def train(root: Path) -> None:
    """Run one training job in the folder that stands for /opt/ml. Raises AlgorithmFailure."""
    log("Running XGBoost Sagemaker in algorithm mode")
    values = hyperparameters.validate(_configuration(root, "hyperparameters"))
    _refuse_unavailable(values)
    values.setdefault("nthread", _threads())
    found = _channels(root)
    log("Determined 0 GPU(s) available on the instance.")
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
    if tuning_metric(values):
        log(f"Setting up HPO optimized metric to be : {tuning_metric(values)}")
    log(f"Train matrix has {matrices.train.num_row()} rows and {matrices.train.num_col()} columns")
    if matrices.validation is not None:
        log(f"Validation matrix has {matrices.validation.num_row()} rows")
    model = root / "model" / MODEL_FILE
    model.parent.mkdir(parents=True, exist_ok=True)
    if "_kfold" in values:
        _cross_validate(root, values, matrices, leads=leads)
        return
    booster, _ = _boost(values, matrices, _checkpoint_folder(root), Part(model, leads))
    if leads:
        write_model(booster, model)


def _cross_validate(
    root: Path, values: Mapping[str, Any], matrices: Matrices, *, leads: bool
) -> None:
    """Write a model a fold: xgboost-model-0, xgboost-model-1 ... Raises AlgorithmFailure."""
    if matrices.validation is None:
        raise train_call_failed("'validation' (_kfold needs the channel validation)")
    rows = _load_together(_channels(root), values)
    model = root / "model" / MODEL_FILE

    def fit(number: int, fitted: xgb.DMatrix) -> tuple[xgb.Booster, kfold.History]:
        return _boost(values, matrices, None, Part(_of_fold(model, number), leads, fitted))

    try:
        output = root / "output" / "data"
        boosters = kfold.cross_validate(kfold.folds_of(values), rows, fit, output)
    except (xgb.core.XGBoostError, ValueError) as error:
        raise train_call_failed(error) from error
    for number, booster in enumerate(boosters if leads else []):
        write_model(booster, _of_fold(model, number))


def _of_fold(model: Path, number: int) -> Path:
    return model.with_name(f"{model.name}-{number}")


def load_data(root: Path) -> None:
    """Read the channels once for several jobs, which this process forks. Raises AlgorithmFailure."""
    texts = _configuration(root, "hyperparameters")
    weights = 1 if texts.get("csv_weights", "").strip() == "1" else 0
    matrices = keep(lambda: _load(_channels(root), {"csv_weights": weights, "nthread": 1}))
    if matrices is not None:
        _index(matrices.train, texts)


def _index(matrix: xgb.DMatrix, texts: Mapping[str, str]) -> None:
    """Make the library sort the columns into bins now, which the first tree of every job would do again."""
    if texts.get("booster") == "gblinear" or texts.get("tree_method", "auto") not in _BINNED:
        return
    bins = {name: texts[name] for name in ("max_bin",) if name in texts}
    with suppress(xgb.core.XGBoostError):  # of the labels or hyperparameters: the jobs say it
        xgb.train({**bins, "nthread": 1, "max_depth": 1}, matrix, 1)


def _channels(root: Path) -> channels.Channels:
    return channels.read(_configuration(root, "inputdataconfig"), root / "input" / "data")


def _configuration(root: Path, name: str) -> dict[str, Any]:
    path = root / "input" / "config" / f"{name}.json"
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    assert isinstance(document, dict)
    return document


def _refuse_unavailable(values: Mapping[str, Any]) -> None:
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
    files.warn_of_same_files(found.train, found.validation)
    validation = data.load(found.validation, found.format, weights=weights, threads=threads)
    if validation is None:
        raise AlgorithmFailure(f"No data in validation channel path {_ROOT}/input/data/validation")
    return Matrices(train_matrix, validation)


def _load_together(found: channels.Channels, values: Mapping[str, Any]) -> xgb.DMatrix:
    """The rows of train, then those of validation. Both are known to have some."""
    log("Read both train and validation data into one DMatrix")
    folders = [folder for folder in (found.train, found.validation) if folder]
    weights = values.get("csv_weights") == 1
    return data.load_together(folders, found.format, weights=weights, threads=values["nthread"])


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
    part: Part,
) -> tuple[xgb.Booster, kfold.History]:
    """The booster and the metrics of each round."""
    previous, done = newest_checkpoint(checkpoints) if checkpoints else (None, 0)
    if previous is not None:
        log(f"Checkpoint loaded from {previous}")
        log(f"Resuming from iteration {done}")
    evaluated = evaluated_metrics(values)
    objective = values.get("objective", "reg:squarederror")
    # What XGBoost would evaluate as well, nobody would see.
    covered = metrics.are_all_own(evaluated, objective)
    own = (
        metrics.default_first(metrics.own(evaluated), objective)
        if covered
        else metrics.own(evaluated)
    )
    callbacks = [OwnMetrics(own, matrices.watched())]
    callbacks += [*([MetricLine(done)] if part.leads else []), *_stopping(values, matrices, done)]
    if checkpoints and part.leads:
        callbacks.append(Checkpoints(checkpoints, done))
    keeps = values.get("save_model_on_termination") == "true"
    if keeps and part.leads:
        callbacks.append(LatestModel(part.model))
    history: dict[str, dict[str, list[float]]] = {}
    with termination.exit_cleanly(keeps):
        booster = _call(
            library_parameters(values, evaluated),
            matrices.train if part.rows is None else part.rows,
            evals=[] if covered else matrices.watched(),
            evals_result=history,
            num_boost_round=values["num_round"] - done,
            callbacks=[InOrder(callbacks)],
            xgb_model=previous,
        )
    return booster, history


def _stopping(
    values: Mapping[str, Any], matrices: Matrices, done: int
) -> list[xgb.callback.TrainingCallback]:
    """Early stopping, which the container leaves out silently without a validation channel or a metric."""
    if done >= values["num_round"]:  # nothing to stop, and no best round to find
        return []
    rounds = values.get("early_stopping_rounds")
    metric = tuning_metric(values) or next(reversed(values.get("eval_metric", [])), None)
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


def _call(parameters: Mapping[str, Any], rows: xgb.DMatrix, **options: Any) -> xgb.Booster:
    try:
        return xgb.train(parameters, rows, verbose_eval=False, **options)
    except (xgb.core.XGBoostError, ValueError) as error:
        raise train_call_failed(error) from error
