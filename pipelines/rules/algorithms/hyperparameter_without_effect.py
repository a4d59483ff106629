from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import BuiltIn, built_in

# Hyperparameter -> the other one on which it depends, and the values with which it counts.
_Needs = Mapping[str, tuple[str, tuple[str, ...]]]
_PREDICTOR, _CRITERIA = "predictor_type", "binary_classifier_model_selection_criteria"
_LINEAR: _Needs = {
    "num_classes": (_PREDICTOR, ("multiclass_classifier",)),
    "accuracy_top_k": (_PREDICTOR, ("multiclass_classifier",)),
    "balance_multiclass_weights": (_PREDICTOR, ("multiclass_classifier",)),
    _CRITERIA: (_PREDICTOR, ("binary_classifier",)),
    "positive_example_weight_mult": (_PREDICTOR, ("binary_classifier",)),
    "unbias_label": (_PREDICTOR, ("regressor",)),
    "huber_delta": ("loss", ("huber_loss",)),
    "quantile": ("loss", ("quantile_loss",)),
    "loss_insensitivity": (
        "loss",
        ("eps_insensitive_squared_loss", "eps_insensitive_absolute_loss"),
    ),
    "margin": ("loss", ("hinge_loss",)),
    "momentum": ("optimizer", ("sgd",)),
    "beta_1": ("optimizer", ("adam", "auto")),
    "beta_2": ("optimizer", ("adam", "auto")),
    "target_precision": (_CRITERIA, ("recall_at_target_precision",)),
    "target_recall": (_CRITERIA, ("precision_at_target_recall",)),
    "init_sigma": ("init_method", ("normal",)),
    "init_scale": ("init_method", ("uniform",)),
}
_DART = ("booster", ("dart",))
_XGBOOST: _Needs = {
    "sample_type": _DART,
    "normalize_type": _DART,
    "rate_drop": _DART,
    "one_drop": _DART,
    "skip_drop": _DART,
    "lambda_bias": ("booster", ("gblinear",)),
    "tweedie_variance_power": ("objective", ("reg:tweedie",)),
    "aft_loss_distribution": ("objective", ("survival:aft",)),
    "aft_loss_distribution_scale": ("objective", ("survival:aft",)),
}
_NEEDS: Mapping[str, _Needs] = {"linear-learner": _LINEAR, "xgboost": _XGBOOST}


class HyperparameterWithoutEffect(Rule):
    """A hyperparameter has no effect beside the others.

    It does no harm, but the one that would make it count may have been forgotten.

    Wrong:
        {"HyperParameters": {"predictor_type": "regressor", "quantile": "0.9"}}

    Right:
        {"HyperParameters": {"predictor_type": "regressor", "loss": "quantile_loss", "quantile": "0.9"}}
    """

    code = "I8005"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            for name, (other, wanted) in _NEEDS[job.algorithm.name].items():
                if name in job.given:
                    yield from _idle(job, name, other, wanted)


def _idle(job: BuiltIn, name: str, other: str, wanted: tuple[str, ...]) -> Iterator[Match]:
    value = job.value_of(other)
    known = job.algorithm.hyperparameter(other)
    # A value that the algorithm refuses says nothing.
    if isinstance(value, str) and known and known.refusal(value) is None and value not in wanted:
        yield Match(
            job.at(name),
            f"'{name}' counts only when {other} is {' or '.join(wanted)}, but it is {value}; "
            f"change {other}, or leave out '{name}'",
        )
