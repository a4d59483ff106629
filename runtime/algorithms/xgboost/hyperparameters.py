"""Reads hyperparameters.json as the container does: the first mistake ends the job, in the container's words.

The order is the container's too: required ones, then values that cannot be read, then ranges, then rules
between hyperparameters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipelines.definition.algorithms import xgboost as facts
from pipelines.definition.algorithms._base import Hyperparameter, Interval, Kind
from runtime.algorithms.xgboost.failures import train_call_failed
from runtime.images._base import AlgorithmFailure

_FACTS = facts.XGBoost()
_LISTS: Mapping[str, tuple[str, ...]] = {
    "eval_metric": facts.EVAL_METRICS,
    "updater": (*facts.TREE_UPDATERS, *facts.LINEAR_UPDATERS),
}
Values = dict[str, Any]


def validate(texts: Mapping[str, str]) -> Values:
    """Check and convert the texts; aliases become the real names. Raises AlgorithmFailure."""
    _check_required(texts)
    values = {_known(name).name: _parse(_known(name), name, text) for name, text in texts.items()}
    for name, value in values.items():
        _check_range(_known(name), value)
    _check_rules(values)
    return values


def _check_required(texts: Mapping[str, str]) -> None:
    for known in _FACTS.hyperparameters:
        if known.required and known.name not in texts:
            raise AlgorithmFailure(f"Missing required hyperparameter: {known.name}")


def _known(name: str) -> Hyperparameter:
    known = _FACTS.hyperparameter(name)
    if known is None:
        raise AlgorithmFailure(f"Extraneous hyperparameter found: {name}")
    return known


def _parse(known: Hyperparameter, name: str, text: str) -> Any:
    try:
        return _convert(known, text)
    except ValueError:
        raise AlgorithmFailure(
            f"Hyperparameter {name}: could not parse value (caused by ValueError)"
        ) from None


def _convert(known: Hyperparameter, text: str) -> Any:
    if known.kind is Kind.INTEGER:
        return int(text)
    if known.kind is Kind.NUMBER:
        return float(text)
    if known.name in _LISTS:
        return text.split(",")
    if known.name == "monotone_constraints":
        return _read(facts.monotone_constraints(text))
    if known.name == "interaction_constraints":
        return _read(facts.interaction_constraints(text))
    return text


def _read(value: Any) -> Any:
    if value is None:
        raise ValueError
    return value


def _check_range(known: Hyperparameter, value: Any) -> None:
    # The container lets inf and nan pass; nothing sensible comes of them.
    numeric = known.kind in (Kind.INTEGER, Kind.NUMBER)
    if numeric and not (_is_finite(value) and value in known.interval):
        raise AlgorithmFailure(
            f"Hyperparameter {known.name}: {value} is not in {_interval(known.interval)}"
        )
    if known.kind is Kind.CHOICE and value not in known.choices:
        raise AlgorithmFailure(
            f"Hyperparameter {known.name}: {value} is not in {list(known.choices)}"
        )
    if known.name in _LISTS:
        allowed = _LISTS[known.name]
        if not all(_is_threshold_metric(part) or part in allowed for part in value):
            raise AlgorithmFailure(
                f"Hyperparameter {known.name}: value {value} not in range {list(allowed)}"
            )


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond what a float holds
        return False


def _interval(interval: Interval) -> str:
    low = "(-inf" if interval.low is None else f"{'(' if interval.low_open else '['}{interval.low}"
    if interval.high is None:
        return f"{low}, +inf)"
    return f"{low}, {interval.high}{')' if interval.high_open else ']'}"


def _is_threshold_metric(text: str) -> bool:
    if "<function" in text:
        raise AlgorithmFailure(f"User defined evaluation metric {text} is not supported yet.")
    name, separator, threshold = (part.strip() for part in text.partition("@"))
    if not separator:
        return False
    if name not in facts.PARAMETRIC_METRICS:
        raise AlgorithmFailure(
            f"Metric '{text}' is not supported. Parameter 'eval_metric' with customized threshold "
            "should be one of these options: 'error', 'ndcg', 'map'."
        )
    try:
        float(threshold)
    except ValueError:
        raise AlgorithmFailure(f"Threshold value 't' in '{name}@t' expects float input.") from None
    return True


def _check_rules(values: Values) -> None:
    _check_objective(values)
    _check_updater(values)
    for name, methods in facts.CONSTRAINED_METHODS.items():
        if name in values and values.get("tree_method") not in methods:
            quoted = [f"'{method}'" for method in methods]
            raise AlgorithmFailure(
                f"{name} can be used only when the tree_method parameter is set to "
                f"either {', '.join(quoted[:-1])} or {quoted[-1]}."
            )


def _check_objective(values: Values) -> None:
    objective = values.get("objective")
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in values:
        raise AlgorithmFailure("Require input for parameter 'num_class' for multi-classification")
    if objective is None and "_kfold" in values and "num_class" not in values:
        # The container asks the objective whether it is a classification, and there is none.
        raise train_call_failed(
            "'NoneType' object has no attribute 'startswith' (_kfold needs objective to be given)"
        )
    metrics = values.get("eval_metric")
    if metrics is None:
        return
    if objective is None:
        # The container looks it up without asking whether it is there.
        raise AlgorithmFailure("KeyError: 'objective' (eval_metric needs objective to be given)")
    if "auc" in metrics and not objective.startswith(("binary:", "rank:")):
        raise AlgorithmFailure(
            "Metric 'auc' can only be applied for classification and ranking problems."
        )
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise AlgorithmFailure(
            "Metric 'aft-nloglik' can only be applied for 'survival:aft' objective."
        )


def _check_updater(values: Values) -> None:
    updaters = values.get("updater")
    if updaters is None:
        return
    if values.get("booster") == "gblinear":
        if len(updaters) != 1 or updaters[0] not in facts.LINEAR_UPDATERS:
            allowed = ", ".join(f"'{name}'" for name in facts.LINEAR_UPDATERS)
            raise AlgorithmFailure(f"Linear updater should be one of these options: {allowed}.")
    elif values.get("process_type") == "update":
        if not set(updaters) <= set(facts.UPDATE_UPDATERS):
            raise AlgorithmFailure(
                "process_type 'update' can only be used with updater 'refresh' and 'prune'"
            )
    elif not set(updaters) <= set(facts.TREE_UPDATERS):
        # The container's words: two of these names are refused all the same.
        raise AlgorithmFailure(
            "Tree updater should be selected from these options: 'grow_colmaker', 'distcol', 'grow_histmaker', "
            "'grow_skmaker', 'grow_quantile_histmaker', 'sync', 'refresh', 'prune', 'shortgun', 'coord_descent'."
        )
    elif sum(name in facts.GROWING_UPDATERS for name in updaters) > 1:
        raise AlgorithmFailure(
            "Only one tree grow plugin can be selected. Choose one from the"
            "following: 'grow_colmaker', 'distcol', 'grow_histmaker', 'grow_skmaker'"
        )
