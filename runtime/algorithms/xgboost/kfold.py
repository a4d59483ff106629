"""Repeated k-fold cross validation as container 3.0-5 does it, except that the folds follow from `seed`.

The rows of train and validation are cut into folds together, and each booster is fitted on the rows outside of its
fold. What is printed is each booster's score on the whole of train and of validation, not on its fold (up to 1.5-1 it
was the fold): an apparent defect, kept because numbers should agree. predictions.csv has the honest ones.
Checkpoints are neither written nor read: the container's cannot be loaded again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray
from scipy import stats
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

from runtime.algorithms.xgboost.log import log

_PREDICTIONS = "predictions.csv"

# data -> metric -> its value after each round, as `xgb.train` fills it.
History = Mapping[str, Mapping[str, Sequence[float]]]
# Fits on these rows: (fold number from 0, rows) -> booster and history.
Fit = Callable[[int, xgb.DMatrix], tuple[xgb.Booster, History]]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Folds:
    """`times` repetitions of `count` folds."""

    count: int
    times: int
    rounds: int
    seed: int
    classification: bool


def folds_of(values: Mapping[str, Any]) -> Folds:
    """What the hyperparameters ask for."""
    objective = str(values.get("objective"))
    return Folds(
        values["_kfold"],
        values.get("_num_cv_round", 1),
        values["num_round"],
        values.get("seed", 0),
        "num_class" in values or objective.startswith("binary:"),
    )


def cross_validate(folds: Folds, rows: xgb.DMatrix, fit: Fit, output: Path) -> list[xgb.Booster]:
    """Fit one booster a fold; write predictions.csv to `output`. Raises ValueError when there are too few rows."""
    log(
        f"Run {folds.times}-round of {folds.count}-fold cross validation with {rows.num_row()} rows"
    )
    boosters: list[xgb.Booster] = []
    histories: list[History] = []
    predictions = _Predictions(rows.get_label(), folds)
    for number, (fitted, held_out) in enumerate(_split(folds, rows)):
        repetition, place = divmod(number, folds.count)
        log(f"Train cross validation fold {place + 1}")
        booster, history = fit(number, rows.slice(fitted))
        predictions.record(repetition, held_out, booster.predict(rows.slice(held_out)))
        boosters.append(booster)
        histories.append(history)
        if place + 1 == folds.count:
            log(f"The metrics of round {repetition + 1} cross validation")
            _print_means(folds.rounds, histories[-folds.count :])
    predictions.save(output / _PREDICTIONS)
    if folds.times > 1:
        log(f"The overall metrics of {folds.times}-round cross validation")
        _print_means(folds.rounds, histories)
    return boosters


def _split(
    folds: Folds, rows: xgb.DMatrix
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    kind = RepeatedStratifiedKFold if folds.classification else RepeatedKFold
    # NumPy takes no negative seeds.
    random = kind(n_splits=folds.count, n_repeats=folds.times, random_state=folds.seed % 2**32)
    yield from random.split(range(rows.num_row()), rows.get_label())


class _Predictions:
    """What the boosters say of rows that they have not seen, one column a repetition."""

    def __init__(self, labels: NDArray[np.float32], folds: Folds) -> None:
        self._labels = labels
        self._classification = folds.classification
        self._values = np.zeros((len(labels), folds.times))
        self._classes = np.zeros((len(labels), folds.times))

    def record(self, repetition: int, rows: NDArray[np.int64], predicted: Numbers) -> None:
        if self._classification:
            # A vector is taken for probabilities, also when it is the classes of multi:softmax.
            matrix = predicted.ndim > 1
            classes = predicted.argmax(axis=-1) if matrix else predicted > 0.5
            self._classes[rows, repetition] = classes
            predicted = predicted.max(axis=-1) if matrix else predicted
        self._values[rows, repetition] = predicted

    def save(self, path: Path) -> None:
        """Write label, mean prediction and, for a classification, the class of most repetitions."""
        columns = [self._labels, self._values.mean(axis=1)]
        if self._classification:
            columns.append(stats.mode(self._classes, axis=1).mode)
        log(f"Storing predictions on validation set(s) in /opt/ml/output/data/{path.name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(path, np.column_stack(columns), delimiter=",", fmt="%f")


def _print_means(rounds: int, histories: Sequence[History]) -> None:
    scores = [
        f"\t{data}-{metric}:{np.mean([history[data][metric][-1] for history in histories]):.5f}"
        for metric in histories[0]["train"]
        for data in ("train", "validation")
    ]
    print(f"[{rounds}]{''.join(scores)}", flush=True)
