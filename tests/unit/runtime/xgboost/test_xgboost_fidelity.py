"""Same data, hyperparameters and seed as the container's own training code: same trees, same printed digits.

Here the library is called once more, as that code calls it: typed hyperparameters as they are, its own metrics through
`custom_metric`, the library's EvaluationMonitor and EarlyStopping, the channel's file through the library's parser.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
import xgboost as xgb

from runtime.images.xgboost import XGBoostImage

Container = Callable[..., Path]
Scores = Callable[[Any, xgb.DMatrix], list[tuple[str, float]]]

_TEXTS = ("objective", "booster", "tree_method", "grow_policy", "sample_type", "normalize_type")
_OWN = ("num_round", "early_stopping_rounds", "_tuning_objective_metric", "csv_weights")
_MAXIMIZED = ("accuracy", "auc", "aucpr", "f1_macro", "f1_binary", "map", "ndcg", "r2", "recall")
_LINE = re.compile(r"^\[\d+\].*$", re.MULTILINE)


def _classes(predictions: Any) -> Any:
    return predictions.argmax(axis=-1) if predictions.ndim > 1 else (predictions > 0).astype(int)


_SCIKIT: Mapping[str, Callable[[Any, Any], float]] = {
    "accuracy": lambda y, p: sk.accuracy_score(y, _classes(p)),
    "f1_binary": lambda y, p: sk.f1_score(y, _classes(p), average="binary"),
    "f1_macro": lambda y, p: sk.f1_score(y, _classes(p), average="macro"),
    "recall": lambda y, p: sk.recall_score(y, _classes(p)),
    "mae": sk.mean_absolute_error,
    "mse": sk.mean_squared_error,
    "rmse": sk.root_mean_squared_error,
    "r2": sk.r2_score,
}


def _custom(names: Sequence[str]) -> Scores | None:
    def evaluate(predictions: Any, rows: xgb.DMatrix) -> list[tuple[str, float]]:
        return [(name, _SCIKIT[name](rows.get_label(), predictions)) for name in names]

    return evaluate if names else None


def _read(root: Path, channel: str, *, weights: bool) -> xgb.DMatrix:
    uri = f"{root}/input/data/{channel}/data.csv?format=csv&label_column=0&delimiter=,"
    return xgb.DMatrix(f"{uri}&weight_column=1" if weights else uri, silent=True)


def _typed(name: str, text: str) -> Any:
    if name in _TEXTS:
        return text
    return float(text) if re.search(r"[.e]", text) else int(text)


def _bare(root: Path, texts: Mapping[str, str]) -> tuple[xgb.Booster, list[str]]:
    """The trees and the lines that the library prints, without any code of the runtime."""
    tuned = texts.get("_tuning_objective_metric", "").removeprefix("validation:")
    given = [name for name in texts.get("eval_metric", "").split(",") if name]
    asked = sorted({tuned, *given}) if tuned and given else given or [tuned] * bool(tuned)
    parameters = {
        name: _typed(name, text)
        for name, text in texts.items()
        if name not in (*_OWN, "eval_metric", "updater")
    } | {name: texts[name] for name in ("updater",) if name in texts}
    own = [name for name in asked if name not in _SCIKIT]
    lines: list[str] = []
    callbacks: list[Any] = [xgb.callback.EvaluationMonitor(logger=lines.append)]
    if "early_stopping_rounds" in texts:
        metric = tuned or given[-1]
        stop = xgb.callback.EarlyStopping(
            rounds=int(texts["early_stopping_rounds"]),
            metric_name=metric,
            data_name="validation",
            maximize=metric in _MAXIMIZED,
            save_best=True,
        )
        callbacks.append(stop)
    weights = texts.get("csv_weights") == "1"
    train, validation = (
        _read(root, channel, weights=weights) for channel in ("train", "validation")
    )
    booster = xgb.train(
        {**parameters, **({"eval_metric": own} if own else {})},
        train,
        num_boost_round=int(texts["num_round"]),
        evals=[(train, "train"), (validation, "validation")],
        custom_metric=_custom([name for name in asked if name in _SCIKIT]),
        callbacks=callbacks,
        verbose_eval=False,
    )
    return booster, [line.rstrip("\n") for line in lines]


def _assert_same(root: Path, texts: Mapping[str, str], log: Callable[[], str]) -> None:
    XGBoostImage().train(root)
    lines = _LINE.findall(log())
    ours = xgb.Booster(model_file=bytearray((root / "model" / "xgboost-model").read_bytes()))
    bare, expected = _bare(root, texts)
    # The library's callbacks are a set: the monitor may miss the round that stops the training.
    assert len(expected) <= len(lines) <= len(expected) + ("early_stopping_rounds" in texts)
    assert lines[: len(expected)] == expected
    assert len(expected) > 1
    assert ours.get_dump(with_stats=True) == bare.get_dump(with_stats=True)
    assert ours.save_raw("ubj") == bare.save_raw("ubj")


def _synthetic(labels: str, *, weights: bool) -> dict[str, str]:
    files = {}
    for seed, (channel, rows) in enumerate((("train", 400), ("validation", 150))):
        generator = np.random.default_rng(seed)
        features = generator.normal(size=(rows, 4)).round(5)
        signal = 2 * features[:, 0] - features[:, 1] ** 2 + generator.normal(0, 0.3, rows)
        target = {
            "real": signal,
            "positive": np.exp(signal / 3),
            "counts": np.floor(np.exp(signal / 3)),
            "binary": (signal > 0).astype(int),
            "classes": np.digitize(signal, [-1, 1]),
        }[labels]
        weight = generator.uniform(0.1, 3, rows).round(3)
        text = ""
        for number, row in enumerate(features):
            cells = [f"{target[number]:.6g}"] + ([f"{weight[number]}"] if weights else [])
            cells += ["" if (number + at) % 11 == 0 else f"{cell}" for at, cell in enumerate(row)]
            text += ",".join(cells) + "\n"
        files[f"{channel}/data.csv"] = text
    return files


CASES: list[tuple[str, dict[str, str]]] = [
    ("real", {"_tuning_objective_metric": "validation:rmse", "max_depth": "4"}),
    ("real", {"eval_metric": "mae,r2,mape", "subsample": "0.7", "colsample_bytree": "0.6"}),
    ("real", {"subsample": "0.7", "colsample_bytree": "0.6", "seed": "-3"}),
    (
        "real",
        {
            "_tuning_objective_metric": "validation:rmse",
            "early_stopping_rounds": "2",
            "eta": "0.9",
            "num_round": "60",
        },
    ),
    (
        "real",
        {"csv_weights": "1", "tree_method": "exact", "gamma": "0.5", "alpha": "1", "lambda": "3"},
    ),
    ("real", {"booster": "dart", "rate_drop": "0.3", "skip_drop": "0.2", "normalize_type": "tree"}),
    ("real", {"booster": "gblinear", "updater": "coord_descent", "eval_metric": "rmse"}),
    (
        "real",
        {"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": "9", "max_bin": "16"},
    ),
    ("real", {"tree_method": "approx", "num_parallel_tree": "3", "subsample": "0.5"}),
    ("real", {"objective": "reg:absoluteerror", "eval_metric": "mse,mae"}),
    ("real", {"objective": "reg:pseudohubererror", "eval_metric": "mphe", "max_delta_step": "1"}),
    ("positive", {"objective": "reg:gamma", "eval_metric": "gamma-nloglik,gamma-deviance"}),
    ("positive", {"objective": "reg:squaredlogerror", "eval_metric": "rmsle"}),
    ("counts", {"objective": "count:poisson", "eval_metric": "poisson-nloglik,rmse"}),
    ("counts", {"objective": "reg:tweedie", "tweedie_variance_power": "1.3"}),
    (
        "binary",
        {
            "objective": "binary:logistic",
            "eval_metric": "accuracy,logloss,auc",
            "early_stopping_rounds": "3",
            "num_round": "50",
            "eta": "0.7",
        },
    ),
    (
        "binary",
        {
            "objective": "binary:hinge",
            "eval_metric": "error,recall,f1_binary",
            "scale_pos_weight": "2",
        },
    ),
    (
        "binary",
        {"objective": "binary:logitraw", "eval_metric": "error@0.3,aucpr", "base_score": "0.4"},
    ),
    ("classes", {"objective": "multi:softprob", "num_class": "3", "eval_metric": "mlogloss"}),
    (
        "classes",
        {
            "objective": "multi:softmax",
            "num_class": "3",
            "eval_metric": "merror,f1_macro",
            "_tuning_objective_metric": "validation:accuracy",
            "min_child_weight": "3",
            "colsample_bynode": "0.5",
        },
    ),
]


@pytest.mark.parametrize(("labels", "extra"), CASES)
def test_trees_and_printed_metrics_are_the_librarys_own(
    container: Container,
    capsys: pytest.CaptureFixture[str],
    labels: str,
    extra: dict[str, str],
) -> None:
    texts = {
        "num_round": "8",
        "objective": "reg:squarederror",
        "nthread": "1",
        "verbosity": "0",  # a hyperparameter that the booster does not use is a warning
        "max_depth": "5",
        "seed": "17",
        **extra,
    }
    files = _synthetic(labels, weights=extra.get("csv_weights") == "1")
    _assert_same(container(texts, files), texts, lambda: capsys.readouterr().out)


@pytest.mark.parametrize(
    "extra",
    [
        {"early_stopping_rounds": "2", "eta": "1", "max_depth": "8", "num_round": "60"},
        {"subsample": "0.8", "colsample_bytree": "0.7", "seed": "3", "eval_metric": "mae,mape"},
        {"subsample": "0.8", "colsample_bytree": "0.7", "seed": "4", "nthread": "2"},
    ],
)
def test_real_houses_give_the_librarys_own_trees_and_metrics(
    container: Container,
    capsys: pytest.CaptureFixture[str],
    california: Path,
    extra: dict[str, str],
) -> None:
    texts = {
        "num_round": "12",
        "objective": "reg:squarederror",
        "nthread": "1",
        "max_depth": "6",
        "_tuning_objective_metric": "validation:rmse",
        **extra,
    }
    with california.open(newline="") as file:
        rows = [[row[8], *row[:8]] for row in csv.reader(file)][1:]
    lines = [",".join(row) + "\n" for row in rows]
    assert any(",," in line for line in lines)  # bedrooms are missing in some
    files = {
        "train/data.csv": "".join(line for n, line in enumerate(lines) if n % 5),
        "validation/data.csv": "".join(lines[::5]),
    }
    _assert_same(container(texts, files), texts, lambda: capsys.readouterr().out)
