"""XGBoost, built into the service: hyperparameters, metrics, channels and cross checks of container 3.0-5.

Where the developer guide and the container's own validation differ, the container decides: it is what refuses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from pipelines.definition.algorithms._base import (
    Algorithm,
    Direction,
    Hyperparameter,
    Interval,
    Kind,
    Metric,
)

MAXIMIZED = (
    "accuracy",
    "auc",
    "aucpr",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "map",
    "ndcg",
    "precision",
    "r2",
    "recall",
    "precision_macro",
    "precision_micro",
    "recall_macro",
    "recall_micro",
)
MINIMIZED = (
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "mse",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
)
EVAL_METRICS = (*MAXIMIZED, *MINIMIZED)
# These take a threshold or a cut-off: error@0.7, ndcg@10.
PARAMETRIC_METRICS = ("error", "ndcg", "map")

OBJECTIVES = (
    # A loss distribution, not an objective; the container's list has it all the same.
    "aft_loss_distribution",
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "reg:linear",
    "reg:squarederror",
    "reg:logistic",
    "reg:gamma",
    "reg:pseudohubererror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:tweedie",
    "survival:aft",
    "survival:cox",
)

LINEAR_UPDATERS = ("shotgun", "coord_descent")
UPDATE_UPDATERS = ("refresh", "prune")
GROWING_UPDATERS = ("grow_colmaker", "distcol", "grow_histmaker")
TREE_UPDATERS = (*GROWING_UPDATERS, "grow_skmaker", "sync", *UPDATE_UPDATERS)
# Constraints work with these tree methods only, and the method has to be named.
CONSTRAINED_METHODS: Mapping[str, tuple[str, ...]] = {
    "monotone_constraints": ("exact", "hist"),
    "interaction_constraints": ("exact", "hist", "approx"),
}

_AT_LEAST_ZERO = Interval(low=0)
_AT_LEAST_ONE = Interval(low=1)
_AT_LEAST_TWO = Interval(low=2)
_ABOVE_ZERO = Interval(low=0, low_open=True)
_SWITCH = Interval(low=0, high=1)
_FRACTION = Interval(low=0, high=1)
_SHARE = Interval(low=0, high=1, low_open=True)
_SEED = Interval(low=-(2**31), high=2**31 - 1, low_open=True, high_open=True)


def _integer(
    name: str,
    interval: Interval,
    default: str | None = None,
    *,
    tunable: bool = False,
    required: bool = False,
) -> Hyperparameter:
    return Hyperparameter(
        name, Kind.INTEGER, interval, default=default, required=required, tunable=tunable
    )


def _number(
    name: str, interval: Interval, default: str | None = None, *, tunable: bool = False
) -> Hyperparameter:
    return Hyperparameter(name, Kind.NUMBER, interval, default=default, tunable=tunable)


def _choice(name: str, choices: tuple[str, ...], default: str | None = None) -> Hyperparameter:
    return Hyperparameter(name, Kind.CHOICE, choices=choices, default=default)


def _flag(name: str, default: str) -> Hyperparameter:
    """Only the lower-case words pass: the container compares texts."""
    return _choice(name, ("true", "false"), default)


_LEARNING = (
    _integer("num_round", _AT_LEAST_ONE, tunable=True, required=True),
    _choice("objective", OBJECTIVES, "reg:squarederror"),
    _integer("num_class", _AT_LEAST_TWO),
    Hyperparameter("eval_metric", Kind.TEXT),
    _integer("early_stopping_rounds", _AT_LEAST_ONE),
    _integer("csv_weights", _SWITCH, "0"),
    _choice("booster", ("gbtree", "gblinear", "dart"), "gbtree"),
    _integer("verbosity", Interval(low=0, high=3), "1"),
    _integer("nthread", _AT_LEAST_ONE),
    _integer("seed", _SEED, "0"),
    _number("base_score", _AT_LEAST_ZERO),
)
_TREES = (
    _number("eta", _FRACTION, "0.3", tunable=True),
    _number("gamma", _AT_LEAST_ZERO, "0", tunable=True),
    _integer("max_depth", _AT_LEAST_ZERO, "6", tunable=True),
    _number("min_child_weight", _AT_LEAST_ZERO, "1", tunable=True),
    _number("max_delta_step", _AT_LEAST_ZERO, "0", tunable=True),
    _number("subsample", _SHARE, "1", tunable=True),
    _number("colsample_bytree", _SHARE, "1", tunable=True),
    _number("colsample_bylevel", _SHARE, "1", tunable=True),
    _number("colsample_bynode", _SHARE, "1", tunable=True),
    _number("lambda", _AT_LEAST_ZERO, "1", tunable=True),
    _number("alpha", _AT_LEAST_ZERO, "0", tunable=True),
    _number("scale_pos_weight", _ABOVE_ZERO, "1"),
    _integer("num_parallel_tree", _AT_LEAST_ONE, "1"),
    _choice("tree_method", ("auto", "exact", "approx", "hist", "gpu_hist"), "auto"),
    _choice("grow_policy", ("depthwise", "lossguide"), "depthwise"),
    _integer("max_leaves", _AT_LEAST_ZERO, "0"),
    _integer("max_bin", _AT_LEAST_ZERO, "256"),
    _number("sketch_eps", Interval(low=0, high=1, low_open=True, high_open=True), "0.03"),
    _choice("sampling_method", ("uniform", "gradient_based"), "uniform"),
    _integer("prob_buffer_row", Interval(low=1.0, low_open=True)),
    _flag("deterministic_histogram", "true"),
    Hyperparameter("updater", Kind.TEXT, default="grow_colmaker,prune"),
    _integer("refresh_leaf", _SWITCH, "1"),
    _choice("process_type", ("default", "update"), "default"),
    _choice("dsplit", ("row", "col"), "row"),
    _choice("predictor", ("auto", "cpu_predictor", "gpu_predictor"), "auto"),
    Hyperparameter("monotone_constraints", Kind.TEXT),
    Hyperparameter("interaction_constraints", Kind.TEXT),
)
_DART = (
    _choice("sample_type", ("uniform", "weighted"), "uniform"),
    _choice("normalize_type", ("tree", "forest"), "tree"),
    _number("rate_drop", _FRACTION, "0.0"),
    _integer("one_drop", _SWITCH, "0"),
    _number("skip_drop", _FRACTION, "0.0"),
)
_OTHER_OBJECTIVES = (
    _number("lambda_bias", _FRACTION, "0"),
    _number(
        "tweedie_variance_power", Interval(low=1, high=2, low_open=True, high_open=True), "1.5"
    ),
    _choice("aft_loss_distribution", ("normal", "logistic", "extreme")),
    _number("aft_loss_distribution_scale", _AT_LEAST_ZERO),
)
_CONTAINER = (
    _flag("save_model_on_termination", "false"),
    _flag("use_dask_gpu_training", "false"),
    _integer("_kfold", _AT_LEAST_TWO),
    _integer("_num_cv_round", _AT_LEAST_ONE, "1"),
    # The tuning service adds it to every training job of a tuning job.
    _choice("_tuning_objective_metric", tuple(f"validation:{name}" for name in EVAL_METRICS)),
)

_NUMBER = r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?"


def _metrics() -> Iterator[Metric]:
    """Both channels; the log text is matched after its tabs became `#011`, as CloudWatch shows them."""
    for channel in ("train", "validation"):
        for name in sorted(EVAL_METRICS):
            yield Metric(
                f"{channel}:{name}",
                rf".*\[[0-9]+\].*#011{channel}-{name}:({_NUMBER}).*",
                Direction.MAXIMIZE if name in MAXIMIZED else Direction.MINIMIZE,
                objective=channel == "validation",
            )


class XGBoost(Algorithm):
    name = "xgboost"
    repositories = ("sagemaker-xgboost", "xgboost")
    versions = ("1.7-1", "3.0-5")
    hyperparameters = (*_LEARNING, *_TREES, *_DART, *_OTHER_OBJECTIVES, *_CONTAINER)
    metrics = tuple(_metrics())
    # `code` belongs to script mode; algorithm mode lets it pass.
    channels = ("train", "validation", "code")
    content_types = (
        "text/csv",
        "csv",
        "text/libsvm",
        "text/x-libsvm",
        "libsvm",
        "application/x-parquet",
        "parquet",
        "application/x-recordio-protobuf",
        "recordio-protobuf",
    )
    aliases: Mapping[str, str] = {
        "learning_rate": "eta",
        "min_split_loss": "gamma",
        "reg_lambda": "lambda",
        "reg_alpha": "alpha",
    }
    recommended: Mapping[str, tuple[float, float]] = {
        "alpha": (0, 1000),
        "colsample_bylevel": (0.1, 1),
        "colsample_bynode": (0.1, 1),
        "colsample_bytree": (0.5, 1),
        "eta": (0.1, 0.5),
        "gamma": (0, 5),
        "lambda": (0, 1000),
        "max_delta_step": (0, 10),
        "max_depth": (0, 10),
        "min_child_weight": (0, 120),
        "num_round": (1, 4000),
        "subsample": (0.5, 1),
    }
    autotuned = ("alpha", "min_child_weight", "subsample", "eta", "num_round")

    def refusals(
        self, values: Mapping[str, str], *, later: frozenset[str] = frozenset()
    ) -> list[str]:
        given = {self.aliases.get(name, name) for name in (*values, *later)}
        return [*super().refusals(values, later=later), *_companions_missing(values, given)]

    def cross_check(self, values: Mapping[str, str]) -> list[str]:
        return [
            *_metric_refusals(values),
            *_updater_refusals(values),
            *_constraint_refusals(values),
        ]


def _companions_missing(values: Mapping[str, str], given: set[str]) -> Iterator[str]:
    """Hyperparameters that another one makes necessary."""
    objective = values.get("objective", "")
    if objective.startswith("multi:") and "num_class" not in given:
        yield f"num_class: is required for objective {objective}; allowed: integer >= 2"
    if "eval_metric" in given and "objective" not in given:
        # The container looks the objective up and dies with KeyError; with _kfold, of None.
        yield "objective: is required when eval_metric is given; name it, also when it is the default"
    elif "_kfold" in given and not given & {"objective", "num_class"}:
        yield "objective: is required when _kfold is given; name it, also when it is the default"
    for name, methods in CONSTRAINED_METHODS.items():
        if name in given and "tree_method" not in given:
            yield f"tree_method: is required when {name} is given; allowed: {', '.join(methods)}"


def _metric_refusals(values: Mapping[str, str]) -> Iterator[str]:
    objective = values.get("objective")
    for text in (part for part in values.get("eval_metric", "").split(",") if part):
        name, separator, threshold = text.partition("@")
        if separator and (name.strip() not in PARAMETRIC_METRICS or not _is_number(threshold)):
            yield (
                f"eval_metric: '{text}' is not allowed; a number after @ is allowed for: "
                f"{', '.join(PARAMETRIC_METRICS)}"
            )
        elif not separator and text not in EVAL_METRICS:
            yield f"eval_metric: '{text}' is not allowed; allowed: {', '.join(EVAL_METRICS)}"
        elif objective is not None:
            yield from _metric_objective_refusals(text, objective)


def _metric_objective_refusals(metric: str, objective: str) -> Iterator[str]:
    if metric == "auc" and not objective.startswith(("binary:", "rank:")):
        yield f"eval_metric: auc is not allowed for objective {objective}; allowed: binary:*, rank:*"
    if metric == "aft-nloglik" and objective != "survival:aft":
        yield (
            f"eval_metric: aft-nloglik is not allowed for objective {objective}; "
            "allowed: survival:aft"
        )


def _updater_refusals(values: Mapping[str, str]) -> Iterator[str]:
    if "updater" not in values:
        return
    updaters = values["updater"].split(",")
    if values.get("booster") == "gblinear":
        if len(updaters) != 1 or updaters[0] not in LINEAR_UPDATERS:
            yield _updater_refusal(values, "booster gblinear", "one of ", LINEAR_UPDATERS)
    elif values.get("process_type") == "update":
        if not set(updaters) <= set(UPDATE_UPDATERS):
            yield _updater_refusal(values, "process_type update", "", UPDATE_UPDATERS)
    elif not set(updaters) <= {*TREE_UPDATERS, *LINEAR_UPDATERS}:
        yield _updater_refusal(values, "tree boosters", "", TREE_UPDATERS)
    elif sum(updater in GROWING_UPDATERS for updater in updaters) > 1:
        yield _updater_refusal(values, "tree boosters", "at most one of ", GROWING_UPDATERS)


def _updater_refusal(
    values: Mapping[str, str], situation: str, quantity: str, allowed: tuple[str, ...]
) -> str:
    return (
        f"updater: '{values['updater']}' is not allowed for {situation}; "
        f"allowed: {quantity}{', '.join(allowed)}"
    )


def _constraint_refusals(values: Mapping[str, str]) -> Iterator[str]:
    for name, methods in CONSTRAINED_METHODS.items():
        method = values.get("tree_method")
        if name in values and method is not None and method not in methods:
            yield (
                f"tree_method: '{method}' is not allowed with {name}; allowed: {', '.join(methods)}"
            )
    monotone = values.get("monotone_constraints")
    if monotone is not None and monotone_constraints(monotone) is None:
        yield f"monotone_constraints: '{monotone}' is not a tuple of -1, 0 and 1, such as (1,0,-1)"
    interaction = values.get("interaction_constraints")
    if interaction is not None and interaction_constraints(interaction) is None:
        yield (
            f"interaction_constraints: '{interaction}' is not a list of lists of integers >= 1, "
            "such as [[1, 2], [3, 4]]"
        )


def monotone_constraints(text: str) -> tuple[int, ...] | None:
    """Read `(1,0,-1)`; None when it is anything else. A bare `1` is no tuple: `(1,)` is."""
    if not re.fullmatch(r"\s*\(\s*[-+]?[01]\s*(,\s*[-+]?[01]\s*)*,?\s*\)\s*", text):
        return None
    return tuple(int(sign) for sign in re.findall(r"[-+]?[01]", text))


def interaction_constraints(text: str) -> list[list[int]] | None:
    """Read `[[1, 2], [3]]`; None when it is anything else."""
    try:
        groups = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
        return None
    features = [feature for group in groups for feature in group]
    return groups if all(type(feature) is int and feature >= 1 for feature in features) else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
