"""The facts of LinearLearner: what it accepts, refuses and emits."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.algorithms._base import Direction, Hyperparameter, Kind
from pipelines.definition.algorithms.linear_learner import LOSSES, LinearLearner

FACTS = LinearLearner()
NUMBERS = [each for each in FACTS.hyperparameters if each.kind in (Kind.INTEGER, Kind.NUMBER)]
REGRESSOR = {"predictor_type": "regressor"}


def _name(known: Hyperparameter) -> str:
    return known.name


@pytest.mark.parametrize("known", FACTS.hyperparameters, ids=_name)
def test_a_default_is_a_value_that_is_allowed(known: Hyperparameter) -> None:
    assert known.default is None or known.refusal(known.default) is None


@pytest.mark.parametrize("known", FACTS.hyperparameters, ids=_name)
def test_auto_is_allowed_exactly_where_the_documentation_says(known: Hyperparameter) -> None:
    auto = {
        *("feature_dim", "loss", "normalize_data", "normalize_label", "unbias_data"),
        *("unbias_label", "num_models", "optimizer", "learning_rate", "beta_1", "beta_2"),
        *("momentum", "l1", "wd", "bias_lr_mult", "bias_wd_mult", "lr_scheduler_step"),
        *("lr_scheduler_factor", "lr_scheduler_minimum_lr", "num_calibration_samples"),
        "positive_example_weight_mult",
    }
    if known.kind is not Kind.TEXT:
        assert (known.refusal("auto") is None) == (known.name in auto)


@pytest.mark.parametrize("known", NUMBERS, ids=_name)
def test_a_number_refuses_what_lies_outside_its_interval_and_says_what_is_allowed(
    known: Hyperparameter,
) -> None:
    low, high = known.interval.low, known.interval.high
    outside = ["", "text", "nan", "1,5"]
    outside += [repr(low - 1)] if low is not None else []
    outside += [repr(high + 1)] if high is not None else []
    outside += [repr(low)] if known.interval.low_open else []
    outside += [repr(high)] if known.interval.high_open else []
    for value in outside:
        refusal = known.refusal(value)
        assert refusal is not None
        assert known.name in refusal
        assert f"'{value}'" in refusal
        assert known.allowed in refusal


@pytest.mark.parametrize("known", NUMBERS, ids=_name)
@pytest.mark.parametrize("value", ["inf", "-inf", "1e999"])
def test_infinity_is_refused(known: Hyperparameter, value: str) -> None:
    [refusal] = FACTS.refusals({**REGRESSOR, known.name: value})
    assert refusal.startswith(f"{known.name}: '{value}' is not ")


@pytest.mark.parametrize("known", NUMBERS, ids=_name)
@given(number=st.floats(1e-6, 1, exclude_max=True) | st.integers(1, 1_000_000).map(float))
def test_a_number_is_accepted_exactly_when_it_is_of_the_kind_and_inside(
    known: Hyperparameter, number: float
) -> None:
    whole = number == int(number)
    text = str(int(number)) if whole else repr(number)
    fits = (whole or known.kind is Kind.NUMBER) and number in known.interval
    assert (known.refusal(text) is None) == fits


@pytest.mark.parametrize("predictor_type", LOSSES)
@pytest.mark.parametrize("loss", sorted({loss for losses in LOSSES.values() for loss in losses}))
def test_a_loss_is_refused_for_another_predictor_type_naming_those_allowed(
    predictor_type: str, loss: str
) -> None:
    refusals = FACTS.refusals({"predictor_type": predictor_type, "loss": loss, "num_classes": "3"})
    if loss in LOSSES[predictor_type]:
        assert refusals == []
    else:
        [refusal] = refusals
        assert refusal.startswith(f"loss: '{loss}' is not allowed for predictor_type")
        assert refusal.endswith(", ".join(("auto", *LOSSES[predictor_type])))


def test_all_mistakes_are_reported_at_once() -> None:
    found = "\n".join(FACTS.refusals({"epochs": "0", "leaning_rate": "1", "wd": "-1"}))
    assert "predictor_type: is required" in found
    assert "epochs: '0' is not allowed; allowed: integer >= 1" in found
    assert "did you mean 'learning_rate'?" in found
    assert "wd: '-1' is not allowed; allowed: number >= 0 or 'auto'" in found


@pytest.mark.parametrize("classes", [{}, {"num_classes": "2"}, {"num_classes": "1"}])
def test_multiclass_needs_three_classes_or_more(classes: dict[str, str]) -> None:
    [refusal] = FACTS.refusals({"predictor_type": "multiclass_classifier", **classes})
    assert refusal.startswith("num_classes: ")


def test_values_decided_at_start_prove_nothing_yet() -> None:
    assert FACTS.refusals({}, later=frozenset({"predictor_type", "loss"})) == []
    multiclass = {"predictor_type": "multiclass_classifier"}
    assert FACTS.refusals(multiclass, later=frozenset({"num_classes"})) == []
    assert FACTS.refusals({"loss": "logistic"}, later=frozenset({"predictor_type"})) == []


def test_the_tuning_services_own_hyperparameter_is_accepted() -> None:
    assert FACTS.refusals({**REGRESSOR, "_tuning_objective_metric": "validation:mse"}) == []


def test_tunable_hyperparameters_are_the_documented_six() -> None:
    assert {each.name for each in FACTS.hyperparameters if each.tunable} == {
        "wd",
        "l1",
        "learning_rate",
        "mini_batch_size",
        "use_bias",
        "positive_example_weight_mult",
    }


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("#progress_metric: host=algo-1, completed 6 % of epochs", {"train:progress"}),
        (
            "#throughput_metric: host=algo-1, train throughput=2772.79 records/second",
            {"train:throughput"},
        ),
        (
            "#quality_metric: host=algo-1, epoch=0, train mse_objective <loss>=0.96",
            {"train:objective_loss"},
        ),
        (
            "#quality_metric: host=algo-1, epoch=12, validation mse_objective <loss>=1e-05",
            {"validation:objective_loss"},
        ),
        (
            "#quality_metric: host=algo-1, validation mse_objective <loss>=3.5",
            {"validation:objective_loss:final"},
        ),
        ("#quality_metric: host=algo-1, test mse_objective <loss>=3.5", {"test:objective_loss"}),
        ("#quality_metric: host=algo-1, validation mse <loss>=3.5", {"validation:mse"}),
        ("#quality_metric: host=algo-1, test absolute_loss <loss>=3.5", {"test:absolute_loss"}),
        ("#quality_metric: host=algo-1, train binary_f_1.000 <score>=0.5", {"train:binary_f_beta"}),
        (
            "#quality_metric: host=algo-1, test multiclass_top_k_accuracy_3 <score>=0.5",
            {"test:multiclass_top_k_accuracy"},
        ),
    ],
)
def test_a_log_line_of_the_service_is_read_by_its_metric_alone(line: str, names: set[str]) -> None:
    assert {metric.name for metric in FACTS.metrics if re.search(metric.regex, line)} == names


def test_objectives_are_validation_and_test_metrics_with_a_direction() -> None:
    objectives = [metric for metric in FACTS.metrics if metric.objective]
    assert {metric.name.partition(":")[0] for metric in objectives} == {"validation", "test"}
    assert all(metric.direction for metric in objectives)
    smaller = {m.name for m in objectives if m.direction is Direction.MINIMIZE}
    assert smaller >= {"validation:mse", "validation:objective_loss", "test:absolute_loss"}
    assert "validation:roc_auc_score" not in smaller


def test_a_regressor_emits_no_metric_of_classifiers() -> None:
    names = {metric.name for metric in FACTS.metrics_of("regressor")}
    assert {"validation:mse", "train:progress", "test:objective_loss"} <= names
    assert not names & {"validation:precision", "test:multiclass_accuracy"}
