"""Binary and multiclass classification: optimum, thresholds, weights, scores."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog, minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss, roc_auc_score

Array = Any
BINARY = {"predictor_type": "binary_classifier", "l1": "0", "wd": "0"}
MULTICLASS = {"predictor_type": "multiclass_classifier", "num_classes": "4"}


@pytest.fixture(params=["well", "ill"])
def table(request: pytest.FixtureRequest) -> Array:
    """Overlapping classes, 30 % positives; well conditioned, or ill scaled and collinear."""
    random = np.random.default_rng(2)
    features = random.normal(size=(1500, 5))
    if request.param == "ill":
        features = 0.99 * features[:, :1] + np.sqrt(1 - 0.99**2) * features
    score = features @ [2.0, -1.0, 1.0, 0.5, 0.0] + random.logistic(size=1500)
    label = (score > np.quantile(score, 0.7)).astype(float)
    return np.column_stack([label, features * 10.0 ** np.linspace(-3, 6, 5)])


def standardised(table: Array) -> Array:
    features = table[:, 1:]
    return (features - features.mean(0)) / features.std(0)


def test_logistic_loss_reaches_the_optimum(table: Array, fit: Any) -> None:
    trained = fit({"train": table}, BINARY)
    reference = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
    reference.fit(standardised(table), table[:, 0])
    p = reference.predict_proba(standardised(table))[np.arange(1500), table[:, 0].astype(int)]
    assert trained.metrics["train:objective_loss:final"] <= -np.log(p).mean() * 1.001


def test_l1_logistic_has_the_zeros_of_the_optimum(table: Array, fit: Any) -> None:
    trained = fit({"train": table}, {**BINARY, "l1": "0.02"})
    reference = LogisticRegression(
        l1_ratio=1.0, C=1 / (0.02 * 1500), solver="saga", tol=1e-9, max_iter=20_000
    )
    reference.fit(standardised(table), table[:, 0])
    with np.load(trained.root / "model" / "model_algo-1") as model:
        weights = model["weights"][:, 0] * table[:, 1:].std(0)
    assert ((weights == 0) == (np.abs(reference.coef_[0]) < 1e-6)).all()
    assert (weights == 0).any()
    assert weights == pytest.approx(reference.coef_[0], abs=1e-3)


def test_hinge_loss_reaches_the_optimum_of_the_linear_programme(table: Array, fit: Any) -> None:
    trained = fit({"train": table}, {**BINARY, "loss": "hinge_loss"})
    rows = len(table)
    signed = (2 * table[:, :1] - 1) * np.column_stack([standardised(table), np.ones(rows)])
    cost = np.r_[np.zeros(6), np.ones(rows)]
    bounds = [(None, None)] * 6 + [(0, None)] * rows
    exact = linprog(cost, np.hstack([-signed, -np.eye(rows)]), -np.ones(rows), bounds=bounds).fun
    assert trained.metrics["train:objective_loss:final"] <= exact / rows * 1.001


def test_a_heavier_weight_of_positives_finds_more_of_them(table: Array, fit: Any) -> None:
    by_loss = {"binary_classifier_model_selection_criteria": "loss_function"}
    recalls = [
        fit(
            {"train": table}, {**BINARY, **by_loss, "positive_example_weight_mult": weight}
        ).metrics["train:recall"]
        for weight in ("0.2", "1.0", "balanced", "20")
    ]
    assert recalls == sorted(recalls)
    assert recalls[0] < recalls[-1]


def called(trained: Any, table: Array) -> Array:
    body = "\n".join(",".join(map(repr, row)) for row in table[:, 1:].tolist()).encode()
    answer, _ = trained.predictor().predict(body, "text/csv", "application/json")
    return np.array([row["predicted_label"] for row in json.loads(answer)["predictions"]])


def test_final_scores_are_those_of_the_predicted_labels(table: Array, fit: Any) -> None:
    trained = fit({"train": table, "test": table[:700]}, {**BINARY, "f_beta": "1.0"})
    labels, truth = called(trained, table[:700]), table[:700, 0]
    metrics = trained.metrics
    assert metrics["test:binary_classification_accuracy"] == pytest.approx(np.mean(labels == truth))
    assert metrics["test:binary_f_beta"] == pytest.approx(f1_score(truth, labels))
    assert metrics["test:roc_auc_score"] == pytest.approx(
        roc_auc_score(truth, trained.predict(table[:700, 1:])), abs=1e-4
    )
    assert "criteria=sampled_accuracy" in trained.log


@pytest.mark.parametrize(
    ("criterion", "holds"),
    [
        ("precision_at_target_recall", lambda m: m["validation:recall"] >= 0.9),
        ("recall_at_target_precision", lambda m: m["validation:precision"] >= 0.9),
        ("f_beta", lambda m: m["validation:binary_f_beta"] > 0.7),
        ("loss_function", lambda m: m["validation:binary_classification_accuracy"] > 0.7),
    ],
)
def test_the_threshold_serves_the_chosen_criterion(
    criterion: str, holds: Callable[[dict[str, float]], bool], table: Array, fit: Any
) -> None:
    targets = {"target_recall": "0.9", "target_precision": "0.9"}
    chosen = {"binary_classifier_model_selection_criteria": criterion}
    channels = {"train": table[:1000], "validation": table[1000:]}
    assert holds(fit(channels, {**BINARY, **targets, **chosen}).metrics)


def test_separable_classes_are_separated(fit: Any) -> None:
    x = np.linspace(-1, 1, 200)
    trained = fit({"train": np.column_stack([x > 0.2, x])}, BINARY)
    assert trained.metrics["train:binary_classification_accuracy"] == 1.0


def test_only_one_class_is_no_crash(fit: Any) -> None:
    ones = np.column_stack([np.ones(50), np.arange(50)])
    for loss in ("logistic", "hinge_loss"):
        hyperparameters = {**BINARY, "loss": loss, "positive_example_weight_mult": "balanced"}
        trained = fit({"train": ones}, hyperparameters)
        assert trained.metrics["train:binary_classification_accuracy"] == 1.0


@pytest.fixture
def classes() -> Array:
    random = np.random.default_rng(4)
    features = random.normal(size=(1200, 4))
    logits = features @ random.normal(size=(4, 4)) + random.gumbel(size=(1200, 4))
    return np.column_stack([logits.argmax(1), features * [1e-3, 1, 1e3, 1e6]])


def test_softmax_loss_reaches_the_optimum(classes: Array, fit: Any) -> None:
    trained = fit({"train": classes}, {**MULTICLASS, "l1": "0", "wd": "0"})
    z, t = standardised(classes), classes[:, 0].astype(int)
    matrix = np.column_stack([z, np.ones(len(z))])

    def loss(flat: Array) -> float:
        logits = matrix @ flat.reshape(5, 4)
        return float(np.mean(np.log(np.exp(logits).sum(1)) - logits[np.arange(len(t)), t]))

    exact = minimize(loss, np.zeros(20)).fun
    assert trained.metrics["train:objective_loss:final"] <= exact * 1.001
    assert trained.metrics["train:objective_loss:final"] >= exact * (1 - 1e-4)


def test_multiclass_emits_all_its_metrics(classes: Array, fit: Any) -> None:
    trained = fit(
        {"train": classes, "test": classes[:300]},
        {**MULTICLASS, "balance_multiclass_weights": "true"},
    )
    names = {name for name in trained.metrics if name.startswith("test:")}
    assert names == {
        *("test:objective_loss", "test:dcg", "test:macro_recall", "test:macro_precision"),
        *("test:macro_f_beta", "test:multiclass_accuracy", "test:multiclass_top_k_accuracy"),
    }
    accuracy = np.mean(called(trained, classes[:300]) == classes[:300, 0])
    assert trained.metrics["test:multiclass_accuracy"] == pytest.approx(accuracy)
    assert trained.predict(classes[:5, 1:]).sum(axis=1) == pytest.approx(1)


def test_l1_on_classes_gives_zeros(classes: Array, fit: Any) -> None:
    trained = fit({"train": classes}, {**MULTICLASS, "l1": "0.05", "wd": "0"})
    with np.load(trained.root / "model" / "model_algo-1") as model:
        assert (model["weights"] == 0).any()


@pytest.mark.parametrize(
    ("rows", "columns", "classes"),
    # The second has more rows than a Hessian takes, the third more weights than one is built for.
    [(800, 4, 3), (50_000, 3, 3), (1500, 30, 34)],
)
def test_softmax_loss_is_that_of_scikit_learn(
    rows: int, columns: int, classes: int, fit: Any
) -> None:
    random = np.random.default_rng(6)
    features = random.normal(size=(rows, columns))
    logits = features @ random.normal(size=(columns, classes)) + 3 * random.gumbel(
        size=(rows, classes)
    )
    label = logits.argmax(axis=1)
    trained = fit(
        {"train": np.column_stack([label, features * 10.0 ** np.linspace(-3, 5, columns)])},
        {"predictor_type": "multiclass_classifier", "num_classes": str(classes)}
        | {"l1": "0", "wd": "0", "num_models": "1"},
    )
    exact = LogisticRegression(C=np.inf, tol=1e-6, max_iter=2000).fit(features, label)
    best = log_loss(label, exact.predict_proba(features))
    assert best * (1 - 1e-4) <= trained.metrics["train:objective_loss:final"] <= best * 1.001
