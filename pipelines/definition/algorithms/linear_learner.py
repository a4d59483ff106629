"""LinearLearner, built into the service: hyperparameters, metrics, channels and cross checks.

The container's source is not public. Ranges and defaults are the developer guide's; regexes are those that
the service shows when it describes a tuning job.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from pipelines.definition.algorithms._base import (
    Algorithm,
    Direction,
    Hyperparameter,
    Interval,
    Kind,
    Metric,
)

REGRESSOR = "regressor"
BINARY = "binary_classifier"
MULTICLASS = "multiclass_classifier"

# What `loss` may be for a predictor type; the first is what `auto` means.
LOSSES: Mapping[str, tuple[str, ...]] = {
    REGRESSOR: (
        "squared_loss",
        "absolute_loss",
        "eps_insensitive_squared_loss",
        "eps_insensitive_absolute_loss",
        "quantile_loss",
        "huber_loss",
    ),
    BINARY: ("logistic", "hinge_loss"),
    MULTICLASS: ("softmax_loss",),
}

_AUTO = ("auto",)
_POSITIVE = Interval(low=0, low_open=True)
_NOT_NEGATIVE = Interval(low=0)
_AT_LEAST_ONE = Interval(low=1)
_FRACTION = Interval(low=0, high=1)
_DECAY = Interval(low=0, high=1, high_open=True)
_BETWEEN = Interval(low=0, high=1, low_open=True, high_open=True)


def _number(
    name: str, interval: Interval, default: str, words: tuple[str, ...] = (), tunable: bool = False
) -> Hyperparameter:
    return Hyperparameter(
        name, Kind.NUMBER, interval=interval, words=words, default=default, tunable=tunable
    )


def _integer(
    name: str, interval: Interval, default: str, words: tuple[str, ...] = (), tunable: bool = False
) -> Hyperparameter:
    return Hyperparameter(
        name, Kind.INTEGER, interval=interval, words=words, default=default, tunable=tunable
    )


def _boolean(
    name: str, default: str, words: tuple[str, ...] = (), tunable: bool = False
) -> Hyperparameter:
    return Hyperparameter(name, Kind.BOOLEAN, words=words, default=default, tunable=tunable)


def _choice(name: str, choices: tuple[str, ...], default: str) -> Hyperparameter:
    return Hyperparameter(name, Kind.CHOICE, choices=choices, default=default)


_TASK = (
    Hyperparameter(
        "predictor_type", Kind.CHOICE, choices=(BINARY, MULTICLASS, REGRESSOR), required=True
    ),
    # The container's own default is 1; that multiclass needs 3 or more is a cross check.
    _integer("num_classes", Interval(low=1, high=1_000_000), "1"),
    _integer("feature_dim", _AT_LEAST_ONE, "auto", _AUTO),
    _choice("loss", ("auto", *(loss for losses in LOSSES.values() for loss in losses)), "auto"),
    _number("huber_delta", _POSITIVE, "1.0"),
    _number("loss_insensitivity", _POSITIVE, "0.01"),
    _number("quantile", _BETWEEN, "0.5"),
    _number("margin", _POSITIVE, "1.0"),
)
_DATA = (
    _boolean("normalize_data", "true", _AUTO),
    _boolean("normalize_label", "auto", _AUTO),
    _boolean("unbias_data", "auto", _AUTO),
    _boolean("unbias_label", "auto", _AUTO),
    _integer("num_point_for_scaler", _AT_LEAST_ONE, "10000"),
    _boolean("use_bias", "true", tunable=True),
)
_TRAINING = (
    _integer("epochs", _AT_LEAST_ONE, "15"),
    _integer("mini_batch_size", _AT_LEAST_ONE, "1000", tunable=True),
    _integer("num_models", _AT_LEAST_ONE, "auto", _AUTO),
    _choice("optimizer", ("auto", "sgd", "adam", "rmsprop"), "auto"),
    _number("learning_rate", _POSITIVE, "auto", _AUTO, tunable=True),
    _number("beta_1", _DECAY, "auto", _AUTO),
    _number("beta_2", _DECAY, "auto", _AUTO),
    _number("momentum", _DECAY, "auto", _AUTO),
    _number("l1", _NOT_NEGATIVE, "auto", _AUTO, tunable=True),
    _number("wd", _NOT_NEGATIVE, "auto", _AUTO, tunable=True),
    _number("bias_lr_mult", _POSITIVE, "auto", _AUTO),
    _number("bias_wd_mult", _NOT_NEGATIVE, "auto", _AUTO),
    _boolean("use_lr_scheduler", "true"),
    _integer("lr_scheduler_step", _AT_LEAST_ONE, "auto", _AUTO),
    _number("lr_scheduler_factor", _BETWEEN, "auto", _AUTO),
    _number("lr_scheduler_minimum_lr", _POSITIVE, "auto", _AUTO),
    _choice("init_method", ("uniform", "normal"), "uniform"),
    _number("init_scale", _POSITIVE, "0.07"),
    _number("init_sigma", _POSITIVE, "0.01"),
    _number("init_bias", Interval(), "0"),
    _integer("early_stopping_patience", _AT_LEAST_ONE, "3"),
    _number("early_stopping_tolerance", _POSITIVE, "0.001"),
)
_CLASSIFICATION = (
    # `f1` and `cross_entropy_loss` are the SDK's validators' words, missing in the guide's table.
    _choice(
        "binary_classifier_model_selection_criteria",
        (
            "accuracy",
            "f1",
            "f_beta",
            "precision_at_target_recall",
            "recall_at_target_precision",
            "cross_entropy_loss",
            "loss_function",
        ),
        "accuracy",
    ),
    _number("f_beta", _POSITIVE, "1.0"),
    _number("target_precision", _FRACTION, "0.8"),
    _number("target_recall", _FRACTION, "0.8"),
    _integer("num_calibration_samples", _AT_LEAST_ONE, "auto", _AUTO),
    _number("positive_example_weight_mult", _POSITIVE, "1.0", ("auto", "balanced"), tunable=True),
    _integer("accuracy_top_k", _AT_LEAST_ONE, "3"),
    _boolean("balance_multiclass_weights", "false"),
)
# Static hyperparameter that the tuning service adds to every training job of a tuning job.
_SERVICE = (Hyperparameter("_tuning_objective_metric", Kind.TEXT, default=""),)

# Metric name -> (its text in the log, as a regex; predictor type; direction).
_FINAL_METRICS: Mapping[str, tuple[str, str, Direction]] = {
    "mse": (r"mse <loss>", REGRESSOR, Direction.MINIMIZE),
    "absolute_loss": (r"absolute_loss <loss>", REGRESSOR, Direction.MINIMIZE),
    # In the guide's table; the log format is not known and follows the others here.
    "rmse": (r"rmse <loss>", REGRESSOR, Direction.MINIMIZE),
    # In the guide's table and in logs, but not in the list that the service showed in 2020.
    "roc_auc_score": (r"roc_auc_score <score>", BINARY, Direction.MAXIMIZE),
    "binary_classification_accuracy": (
        r"binary_classification_accuracy <score>",
        BINARY,
        Direction.MAXIMIZE,
    ),
    "binary_f_beta": (r"binary_f_\S+ <score>", BINARY, Direction.MAXIMIZE),
    "precision": (r"precision <score>", BINARY, Direction.MAXIMIZE),
    "recall": (r"recall <score>", BINARY, Direction.MAXIMIZE),
    "dcg": (r"dcg <score>", MULTICLASS, Direction.MAXIMIZE),
    "macro_recall": (r"macro_recall <score>", MULTICLASS, Direction.MAXIMIZE),
    "macro_precision": (r"macro_precision <score>", MULTICLASS, Direction.MAXIMIZE),
    "macro_f_beta": (r"macro_f_\S+ <score>", MULTICLASS, Direction.MAXIMIZE),
    "multiclass_accuracy": (r"multiclass_accuracy <score>", MULTICLASS, Direction.MAXIMIZE),
    "multiclass_top_k_accuracy": (
        r"multiclass_top_k_accuracy_\S+ <score>",
        MULTICLASS,
        Direction.MAXIMIZE,
    ),
}


def _quality(text: str) -> str:
    return rf"#quality_metric: host=\S+, {text}=(\S+)"


def _objective_loss(channel: str) -> Iterator[Metric]:
    loss = rf"{channel} \S+_objective <loss>"
    final = Metric(f"{channel}:objective_loss:final", _quality(loss), Direction.MINIMIZE)
    if channel == "test":  # scored once, after training
        yield Metric("test:objective_loss", _quality(loss), Direction.MINIMIZE, objective=True)
        return
    yield Metric(
        f"{channel}:objective_loss",
        _quality(rf"epoch=\S+, {loss}"),
        Direction.MINIMIZE,
        objective=channel != "train",
    )
    yield final


def _metrics() -> Iterator[Metric]:
    yield Metric("train:progress", r"#progress_metric: host=\S+, completed (\S+) %")
    yield Metric(
        "train:throughput",
        r"#throughput_metric: host=\S+, train throughput=(\S+) records/second",
    )
    for channel in ("train", "validation", "test"):
        yield from _objective_loss(channel)
        for name, (text, _, direction) in _FINAL_METRICS.items():
            yield Metric(
                f"{channel}:{name}",
                _quality(f"{channel} {text}"),
                direction,
                objective=channel != "train",
            )


class LinearLearner(Algorithm):
    name = "linear-learner"
    repositories = ("linear-learner",)
    versions = ("1",)
    hyperparameters = (*_TASK, *_DATA, *_TRAINING, *_CLASSIFICATION, *_SERVICE)
    metrics = tuple(_metrics())
    channels = ("train", "validation", "test")
    content_types = ("text/csv", "application/x-recordio-protobuf")
    recommended: Mapping[str, tuple[float, float]] = {
        "l1": (1e-7, 1),
        "learning_rate": (1e-5, 1),
        "mini_batch_size": (100, 5000),
        "positive_example_weight_mult": (1e-5, 1e5),
        "wd": (1e-7, 1),
    }
    autotuned = ("wd", "l1", "learning_rate", "mini_batch_size")

    def refusals(
        self, values: Mapping[str, str], *, later: frozenset[str] = frozenset()
    ) -> list[str]:
        found = super().refusals(values, later=later)
        if (
            values.get("predictor_type") == MULTICLASS
            and "num_classes" not in values
            and "num_classes" not in later
        ):
            found.append(
                f"num_classes: is required for predictor_type {MULTICLASS}; "
                "allowed: integer in [3, 1e+06]"
            )
        return found

    def cross_check(self, values: Mapping[str, str]) -> list[str]:
        return [
            *self._infinity_refusals(values),
            *self._loss_refusals(values),
            *self._class_refusals(values),
        ]

    def metrics_of(self, predictor_type: str) -> tuple[Metric, ...]:
        """The metrics that a training job of this predictor type can emit."""
        return tuple(
            metric
            for metric in self.metrics
            if _FINAL_METRICS.get(metric.name.partition(":")[2], ("", predictor_type))[1]
            == predictor_type
        )

    def _infinity_refusals(self, values: Mapping[str, str]) -> list[str]:
        """An interval without upper end contains infinity; no number of this algorithm may be it."""
        numbers = [known for known in self.hyperparameters if known.kind is Kind.NUMBER]
        return [
            f"{known.name}: '{values[known.name]}' is not a finite number; allowed: {known.allowed}"
            for known in numbers
            if values.get(known.name, "auto") not in known.words
            and math.isinf(float(values.get(known.name, 0)))
        ]

    def _loss_refusals(self, values: Mapping[str, str]) -> list[str]:
        kind, loss = values.get("predictor_type"), values.get("loss", "auto")
        if kind is None or loss == "auto" or loss in LOSSES[kind]:
            return []
        return [
            f"loss: '{loss}' is not allowed for predictor_type {kind}; "
            f"allowed: {', '.join(('auto', *LOSSES[kind]))}"
        ]

    def _class_refusals(self, values: Mapping[str, str]) -> list[str]:
        classes = values.get("num_classes")
        if values.get("predictor_type") != MULTICLASS or classes is None or int(classes) >= 3:
            return []
        return [
            f"num_classes: '{classes}' is not allowed for predictor_type {MULTICLASS}; "
            "allowed: integer in [3, 1e+06]"
        ]
