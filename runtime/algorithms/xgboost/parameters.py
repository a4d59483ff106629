"""What of the hyperparameters goes to `xgb.train`, and which metrics are evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runtime.algorithms.xgboost import metrics

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


def evaluated_metrics(values: Mapping[str, Any]) -> list[str]:
    """eval_metric and the tuning objective: sorted when both are given, as given when one is."""
    objective, given = tuning_metric(values), values.get("eval_metric")
    if objective and given:
        return sorted({objective, *given})
    return list(given or ([objective] if objective else []))


def tuning_metric(values: Mapping[str, Any]) -> str | None:
    """The metric that a tuning job optimises, without its channel."""
    objective: str | None = values.get("_tuning_objective_metric")
    return objective.partition(":")[2] if objective else None


def library_parameters(values: Mapping[str, Any], evaluated: Sequence[str]) -> dict[str, Any]:
    """The hyperparameters that are XGBoost's own, and those of the metrics that it evaluates itself."""
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
