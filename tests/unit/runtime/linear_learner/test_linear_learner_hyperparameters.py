"""Every hyperparameter does what its documentation says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import fbeta_score, precision_score, recall_score, top_k_accuracy_score

from pipelines.definition.algorithms.linear_learner import LinearLearner
from runtime.algorithms.linear_learner.candidates import candidates_of
from runtime.algorithms.linear_learner.descent import Descent, Examples
from runtime.algorithms.linear_learner.losses import SquaredLoss
from runtime.algorithms.linear_learner.scaler import fit_scaler
from runtime.algorithms.linear_learner.settings import read_settings
from runtime.algorithms.linear_learner.thresholds import calibrate

Array = Any
REGRESSOR = {"predictor_type": "regressor", "num_models": "1", "epochs": "2"}
BINARY = {"predictor_type": "binary_classifier", "num_models": "1", "epochs": "2"}
MULTICLASS = {"predictor_type": "multiclass_classifier", "num_models": "1", "num_classes": "4"}
SGD = {**REGRESSOR, "optimizer": "sgd"}
RECALL = {**BINARY, "binary_classifier_model_selection_criteria": "recall_at_target_precision"}
PRECISION = {**BINARY, "binary_classifier_model_selection_criteria": "precision_at_target_recall"}
F_BETA = {**BINARY, "binary_classifier_model_selection_criteria": "f_beta"}
STILL = {"early_stopping_patience": "1", "learning_rate": "1e-9"}
SLOW = {"early_stopping_patience": "1", "learning_rate": "0.01"}

# Hyperparameters around it, and a value that is not the default.
EFFECTS: dict[str, tuple[dict[str, str], str]] = {
    "predictor_type": (REGRESSOR, "binary_classifier"),
    "num_classes": (MULTICLASS, "5"),
    "loss": (REGRESSOR, "absolute_loss"),
    "huber_delta": ({**REGRESSOR, "loss": "huber_loss"}, "0.3"),
    "loss_insensitivity": ({**REGRESSOR, "loss": "eps_insensitive_squared_loss"}, "0.5"),
    "quantile": ({**REGRESSOR, "loss": "quantile_loss"}, "0.9"),
    "margin": ({**BINARY, "loss": "hinge_loss"}, "3"),
    "normalize_data": (REGRESSOR, "false"),
    "normalize_label": (REGRESSOR, "false"),
    "unbias_data": (REGRESSOR, "false"),
    "unbias_label": (REGRESSOR, "false"),
    "num_point_for_scaler": (REGRESSOR, "20"),
    "use_bias": (REGRESSOR, "false"),
    "epochs": (REGRESSOR, "4"),
    "mini_batch_size": (REGRESSOR, "50"),
    "num_models": ({**REGRESSOR, "num_models": "1"}, "7"),
    "optimizer": (REGRESSOR, "rmsprop"),
    "learning_rate": (REGRESSOR, "0.03"),
    "beta_1": (REGRESSOR, "0.5"),
    "beta_2": (REGRESSOR, "0.9"),
    "momentum": ({**SGD, "mini_batch_size": "50"}, "0.2"),
    "l1": (REGRESSOR, "0.2"),
    "wd": (REGRESSOR, "0.2"),
    "bias_lr_mult": ({**REGRESSOR, "init_bias": "1"}, "5"),
    "bias_wd_mult": ({**REGRESSOR, "wd": "0.5", "init_bias": "1"}, "5"),
    "use_lr_scheduler": ({**REGRESSOR, "mini_batch_size": "10"}, "false"),
    "lr_scheduler_step": ({**REGRESSOR, "mini_batch_size": "10"}, "2"),
    "lr_scheduler_factor": ({**REGRESSOR, "mini_batch_size": "10"}, "0.5"),
    "lr_scheduler_minimum_lr": ({**REGRESSOR, "mini_batch_size": "10"}, "0.099"),
    "init_method": (REGRESSOR, "normal"),
    "init_scale": (REGRESSOR, "0.5"),
    "init_sigma": ({**REGRESSOR, "init_method": "normal"}, "0.5"),
    "init_bias": (REGRESSOR, "1"),
    "early_stopping_patience": ({**REGRESSOR, **STILL, "epochs": "9"}, "4"),
    "early_stopping_tolerance": ({**REGRESSOR, **SLOW, "epochs": "9"}, "0.9"),
    "binary_classifier_model_selection_criteria": (BINARY, "loss_function"),
    "f_beta": (F_BETA, "3"),
    "target_precision": (RECALL, "0.95"),
    "target_recall": (PRECISION, "0.95"),
    "num_calibration_samples": (BINARY, "9"),
    "positive_example_weight_mult": (BINARY, "7"),
    "accuracy_top_k": (MULTICLASS, "2"),
    "balance_multiclass_weights": (MULTICLASS, "true"),
    "_tuning_objective_metric": ({**REGRESSOR, "num_models": "7"}, "validation:mse"),
}


@pytest.fixture(scope="module")
def table() -> Array:
    """Columns far from 0 and 1, and a fourth of the rows positive when the label is a class."""
    random = np.random.default_rng(7)
    features = random.normal(size=(400, 3)) * [1, 2, 5] + [3, 0, -1]
    return np.column_stack([features @ [1.0, -1.0, 0.5] + 2 * random.normal(size=400), features])


def labelled(table: Array, kind: str) -> Array:
    label = table[:, 0]
    if kind == "regressor":
        return table
    cuts = [0.75] if kind == "binary_classifier" else [0.5, 0.7, 0.9]
    return np.column_stack([np.digitize(label, np.quantile(label, cuts)), table[:, 1:]])


def outcome(trained: Any) -> tuple[dict[str, float], list[float]]:
    """What can be seen of a job apart from names and times: metrics, weights, threshold."""
    model = trained.predictor()._model
    metrics = {name: value for name, value in trained.metrics.items() if "throughput" not in name}
    metrics["epochs"] = trained.log.count("early_stopping_criteria_metric")
    return metrics, [*model.weights.ravel(), *model.bias, model.meta.threshold]


def test_no_hyperparameter_is_left_out() -> None:
    assert {*EFFECTS, "feature_dim"} == {known.name for known in LinearLearner.hyperparameters}


@pytest.mark.parametrize("name", EFFECTS)
def test_a_hyperparameter_has_an_effect(name: str, table: Array, fit: Any) -> None:
    around, value = EFFECTS[name]
    outcomes = []
    for chosen in (around, {**around, name: value}):
        data = labelled(table, chosen["predictor_type"])
        outcomes.append(outcome(fit({"train": data[:300], "validation": data[300:]}, chosen)))
    assert outcomes[0] != outcomes[1]


def descent_of(table: Array, **hyperparameters: str) -> Descent:
    """One model on all rows in one batch; the last column of the matrix is the bias."""
    settings = read_settings({**REGRESSOR, "mini_batch_size": "1000", "l1": "0", **hyperparameters})
    matrix = np.column_stack([table[:, 1:], np.ones(len(table))])
    examples = Examples(matrix, table[:, :1], np.ones(len(table)))
    return Descent(examples, SquaredLoss(), candidates_of(settings, 1.0), settings)


def gradient_of(table: Array, weights: Array) -> Array:
    matrix = np.column_stack([table[:, 1:], np.ones(len(table))])
    return 2 * matrix.T @ (matrix @ weights - table[:, :1]) / len(table)


def test_a_step_of_sgd_has_rate_momentum_decay_and_the_factors_of_the_bias(table: Array) -> None:
    chosen = {"optimizer": "sgd", "learning_rate": "0.01", "momentum": "0.5", "wd": "0.1"}
    bias = {"bias_lr_mult": "3", "bias_wd_mult": "2", "init_bias": "1"}
    descent = descent_of(table, **chosen, **bias)
    rate, decay = np.array([[0.01]] * 3 + [[0.03]]), np.array([[0.1]] * 3 + [[0.2]])
    expected, velocity = descent.weights.copy(), 0.0
    assert expected[3] == 1
    for _ in range(3):
        velocity = 0.5 * velocity + rate * (gradient_of(table, expected) + decay * expected)
        expected = expected - velocity
        descent.epoch()
    assert descent.weights == pytest.approx(expected)


def test_a_step_of_adam_is_that_of_its_paper(table: Array) -> None:
    descent = descent_of(table, learning_rate="0.05", beta_1="0.8", beta_2="0.7", wd="0")
    expected, mean, square = descent.weights.copy(), 0.0, 0.0
    for step in range(1, 4):
        gradient = gradient_of(table, expected)
        mean, square = 0.8 * mean + 0.2 * gradient, 0.7 * square + 0.3 * gradient**2
        hat, spread = mean / (1 - 0.8**step), square / (1 - 0.7**step)
        expected = expected - 0.05 * hat / (np.sqrt(spread) + 1e-8)
        descent.epoch()
    assert descent.weights == pytest.approx(expected)


def test_l1_shrinks_all_weights_but_the_bias(table: Array) -> None:
    chosen = {"optimizer": "sgd", "learning_rate": "0.01", "momentum": "0", "wd": "0"}
    descent = descent_of(table, **chosen, l1="4", init_bias="1")
    step = descent.weights - 0.01 * gradient_of(table, descent.weights)
    descent.epoch()
    shrunk = np.sign(step[:3]) * np.maximum(np.abs(step[:3]) - 0.04, 0)
    assert descent.weights == pytest.approx(np.vstack([shrunk, step[3:]]))


def test_initial_weights_follow_their_method(table: Array) -> None:
    many = {"num_models": "500", "init_bias": "-2"}
    uniform = descent_of(table, **many, init_scale="0.3").weights
    assert 0.29 < np.abs(uniform[:3]).max() <= 0.3
    normal = descent_of(table, **many, init_method="normal", init_sigma="0.2").weights
    assert normal[:3].std() == pytest.approx(0.2, rel=0.05)
    assert (uniform[3] == -2).all()
    assert (normal[3] == -2).all()


def test_improvement_below_the_tolerance_is_none(table: Array, fit: Any) -> None:
    chosen = {**REGRESSOR, "epochs": "9", "early_stopping_patience": "2", "learning_rate": "0.001"}
    log = fit({"train": table}, {**chosen, "early_stopping_tolerance": "0.9"}).log
    assert log.count("early_stopping_criteria_metric") == 3
    log = fit({"train": table}, {**chosen, "early_stopping_tolerance": "1e-9"}).log
    assert log.count("early_stopping_criteria_metric") == 9


def test_the_scaler_uses_the_first_rows_and_what_it_was_told(table: Array) -> None:
    features, label = table[:, 1:], table[:, :1]

    def scaler(**hyperparameters: str) -> Any:
        return fit_scaler(features, label, read_settings({**REGRESSOR, **hyperparameters}))

    few = scaler(num_point_for_scaler="20")
    assert few.shift == pytest.approx(features[:20].mean(axis=0))
    assert few.scale == pytest.approx(features[:20].std(axis=0))
    assert few.label_shift == pytest.approx(label[:20].mean())
    assert few.label_scale == pytest.approx(label[:20].std())
    assert scaler(unbias_data="false").shift.tolist() == [0, 0, 0]
    assert scaler(normalize_data="false").scale.tolist() == [1, 1, 1]
    assert scaler(unbias_label="false").label_shift == 0
    assert scaler(normalize_label="false").label_scale == 1
    # Documented: the label is centred only with a bias.
    assert scaler(use_bias="false").label_shift == 0


@pytest.mark.parametrize("normalize", ["true", "false"])
def test_wd_is_in_the_units_of_training(normalize: str, table: Array, fit: Any) -> None:
    units = {"normalize_data": normalize, "normalize_label": normalize, "wd": "0.8", "l1": "0"}
    trained = fit({"train": table}, {**REGRESSOR, **units, "epochs": "500"})
    features, label = table[:, 1:], table[:, 0]
    scale = features.std(axis=0) if normalize == "true" else np.ones(3)
    # Mean square + wd w^2 / 2 is scikit-learn's sum of squares + alpha w^2 over the number of rows.
    exact = Ridge(alpha=0.8 * len(table) / 2).fit(features / scale, label)
    assert trained.predict(features) == pytest.approx(exact.predict(features / scale), rel=1e-4)


def test_the_bias_is_regularised_by_its_factor_only(table: Array, fit: Any) -> None:
    raw = dict.fromkeys(
        ("normalize_data", "normalize_label", "unbias_data", "unbias_label"), "false"
    )
    trained = fit(
        {"train": table},
        {**REGRESSOR, **raw, "wd": "0.8", "l1": "0", "bias_wd_mult": "3", "epochs": "500"},
    )
    matrix = np.column_stack([table[:, 1:], np.ones(len(table))])
    penalty = np.diag([0.8, 0.8, 0.8, 2.4]) * len(table) / 2
    exact = np.linalg.solve(matrix.T @ matrix + penalty, matrix.T @ table[:, 0])
    assert trained.predict(table[:, 1:]) == pytest.approx(matrix @ exact, rel=1e-4)


@pytest.mark.parametrize("weight", ["0.3", "6", "balanced"])
def test_positives_count_as_often_as_their_weight(weight: str, table: Array, fit: Any) -> None:
    data = labelled(table, "binary_classifier")
    trained = fit(
        {"train": data},
        {**BINARY, "positive_example_weight_mult": weight, "l1": "0", "wd": "0", "epochs": "50"},
    )
    ones = float(data[:, 0].mean())
    rate = (1 - ones) / ones if weight == "balanced" else float(weight)
    exact = LogisticRegression(C=np.inf, class_weight={0: 1, 1: rate}, tol=1e-9, max_iter=1000)
    exact.fit(data[:, 1:], data[:, 0])
    assert trained.predict(data[:, 1:]) == pytest.approx(
        exact.predict_proba(data[:, 1:])[:, 1], abs=1e-4
    )


def test_auto_trains_with_the_weight_that_its_criterion_likes_best(table: Array, fit: Any) -> None:
    data = labelled(table, "binary_classifier")
    by_loss = {**BINARY, "binary_classifier_model_selection_criteria": "loss_function"}
    chosen = {**by_loss, "l1": "0", "wd": "0", "epochs": "50", "learning_rate": "0.1"}
    weights = {"1.0": "1", "auto": "3"}  # how many models: auto tries three weights
    # The loss that judges has no weights: of all weights 1 has the smallest.
    plain, auto = (
        fit(
            {"train": data},
            {**chosen, "positive_example_weight_mult": weight, "num_models": models},
        )
        for weight, models in weights.items()
    )
    assert auto.predict(data[:, 1:]) == pytest.approx(plain.predict(data[:, 1:]), abs=1e-4)
    assert '"model": 2' in auto.log


def test_balanced_classes_count_the_same(table: Array, fit: Any) -> None:
    data = labelled(table, "multiclass_classifier")
    trained = fit(
        {"train": data},
        {**MULTICLASS, "balance_multiclass_weights": "true", "l1": "0", "wd": "0", "epochs": "50"},
    )
    exact = LogisticRegression(C=np.inf, class_weight="balanced", tol=1e-9, max_iter=2000)
    exact.fit(data[:, 1:], data[:, 0])
    assert trained.predict(data[:, 1:]) == pytest.approx(exact.predict_proba(data[:, 1:]), abs=1e-3)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_accuracy_and_f_beta_are_those_of_scikit_learn(
    k: int, table: Array, fit: Any
) -> None:
    data = labelled(table, "multiclass_classifier")
    trained = fit({"train": data}, {**MULTICLASS, "accuracy_top_k": str(k), "f_beta": "2"})
    scores, truth = trained.predict(data[:, 1:]), data[:, 0]
    assert f"train multiclass_top_k_accuracy_{k} <score>=" in trained.log
    assert trained.metrics["train:multiclass_top_k_accuracy"] == pytest.approx(
        top_k_accuracy_score(truth, scores, k=k)
    )
    assert "train macro_f_2.000 <score>=" in trained.log
    assert trained.metrics["train:macro_f_beta"] == pytest.approx(
        fbeta_score(truth, scores.argmax(axis=1), beta=2, average="macro", zero_division=0)
    )


CRITERIA = {
    "accuracy": lambda t, c: float(np.mean(t == c)),
    "f1": lambda t, c: fbeta_score(t, c, beta=1, zero_division=0),
    "f_beta": lambda t, c: fbeta_score(t, c, beta=2, zero_division=0),
}


@settings(max_examples=40)
@given(
    rows=st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=12),
    target=st.sampled_from([0.3, 0.8]),
)
def test_a_threshold_is_the_best_that_trying_all_finds(
    rows: list[tuple[int, bool]], target: float
) -> None:
    margins, truth = (np.array(each, dtype=float) for each in zip(*rows, strict=True))
    cuts = np.unique(np.concatenate([margins - 0.5, margins + 0.5]))
    calls = [(margins > cut).astype(float) for cut in cuts]
    rates = [
        (precision_score(truth, c, zero_division=0), recall_score(truth, c, zero_division=0))
        for c in calls
    ]
    best = {name: max(rule(truth, c) for c in calls) for name, rule in CRITERIA.items()}
    best["precision_at_target_recall"] = max((p for p, r in rates if r >= target), default=None)
    best["recall_at_target_precision"] = max((r for p, r in rates if p >= target), default=None)
    for criterion, expected in best.items():
        chosen = {"binary_classifier_model_selection_criteria": criterion, "f_beta": "2"}
        targets = {"target_recall": str(target), "target_precision": str(target)}
        threshold, value = calibrate(margins, truth, read_settings({**BINARY, **chosen, **targets}))
        assert np.isfinite(threshold)
        if expected is None:  # no threshold reaches the target: the nearest is taken
            assert value < 0
            continue
        assert value == pytest.approx(expected)
        called = (margins > threshold).astype(float)
        if criterion in CRITERIA:
            assert CRITERIA[criterion](truth, called) == pytest.approx(expected)


def test_only_the_first_rows_of_the_validation_data_calibrate(table: Array, fit: Any) -> None:
    data = labelled(table, "binary_classifier")
    channels = {"train": data[:200], "validation": data[200:]}
    few = {**BINARY, "num_calibration_samples": "25"}
    model = fit(channels, few).predictor()._model
    margins = model.raw(data[200:225, 1:])[:, 0]
    expected, _ = calibrate(margins, data[200:225, 0], read_settings(few))
    assert model.meta.threshold == expected


@pytest.mark.parametrize("criterion", ["loss_function", "cross_entropy_loss"])
def test_judged_by_loss_a_label_is_the_likelier_class(
    criterion: str, table: Array, fit: Any
) -> None:
    chosen = {**BINARY, "binary_classifier_model_selection_criteria": criterion}
    trained = fit({"train": labelled(table, "binary_classifier")}, chosen)
    assert trained.predictor()._model.meta.threshold == 0
    assert "criteria=binary_classification_cross_entropy_objective" in trained.log
