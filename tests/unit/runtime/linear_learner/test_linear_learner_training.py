"""The course of a training job: log, early stopping, search, schedule, determinism."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from pipelines.definition.algorithms.linear_learner import LOSSES, LinearLearner
from runtime.algorithms.linear_learner.candidates import candidates_of
from runtime.algorithms.linear_learner.optimisers import decay, journey
from runtime.algorithms.linear_learner.settings import Settings, read_settings
from runtime.images._base import AlgorithmFailure, ClientFailure

REGRESSOR = {"predictor_type": "regressor"}


@pytest.fixture
def table() -> np.ndarray:
    random = np.random.default_rng(1)
    features = random.normal(size=(3000, 5))
    label = 100 + 10 * features @ random.normal(size=5) + 5 * random.normal(size=3000)
    return np.column_stack([label, features])


def settings(**hyperparameters: str) -> Settings:
    return read_settings({**REGRESSOR, **hyperparameters})


def test_the_log_has_the_lines_of_the_service_in_its_order(table: np.ndarray, fit: Any) -> None:
    log = fit({"train": table, "validation": table[:500]}, {**REGRESSOR, "epochs": "2"}).log
    texts = [
        re.sub(r"^\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d INFO \d+\] ", "", line)
        for line in log.splitlines()
        if not line.startswith("#metrics ")
    ]
    assert not any(text.startswith("[") for text in texts)
    shape = [re.sub(r"-?\d+(\.\d+)?(e[-+]?\d+)?", "N", text) for text in texts]
    assert shape[:6] == [
        "#quality_metric: host=algoN, epoch=N, train mse_objective <loss>=N",
        "#quality_metric: host=algoN, epoch=N, validation mse_objective <loss>=N",
        "#early_stopping_criteria_metric: host=algoN, epoch=N, criteria=mse_objective, value=N",
        "Epoch N: Loss improved. Updating best model",
        "#progress_metric: host=algoN, completed N % of epochs",
        "#throughput_metric: host=algoN, train throughput=N records/second",
    ]
    assert "#validation_score (algoN) : ('mse_objective', N)" in shape
    assert texts[-1] == "Test data is not provided."
    assert texts[-2].startswith("Best model found for hyperparameters: ")
    assert list(json.loads(texts[-2].partition(": ")[2])) == [
        "lr_scheduler_step",
        "wd",
        "optimizer",
        "lr_scheduler_factor",
        "l1",
        "learning_rate",
        "lr_scheduler_minimum_lr",
    ]


def test_statistics_are_logged_for_every_model_and_epoch(table: np.ndarray, fit: Any) -> None:
    chosen = {"epochs": "2", "num_models": "3", "mini_batch_size": "500"}
    trained = fit({"train": table, "validation": table[:500]}, {**REGRESSOR, **chosen})
    lines = [
        json.loads(line.removeprefix("#metrics "))
        for line in trained.log.splitlines()
        if line.startswith("#metrics ")
    ]
    assert all(line["Dimensions"]["Algorithm"] == "Linear Learner" for line in lines)
    for channel in ("train", "validation"):
        name = f"{channel}_mse_objective"
        found = [line for line in lines if name in line["Metrics"]]
        assert [(d["epoch"], d["model"]) for d in (line["Dimensions"] for line in found)] == [
            (epoch, model) for epoch in (0, 1) for model in (0, 1, 2)
        ]
        last = found[-3]["Metrics"][name]
        assert last == {"sum": last["max"], "count": 1, "min": last["max"], "max": last["max"]}
        assert last["sum"] == pytest.approx(trained.metrics[f"{channel}:objective_loss"])
    seen = [line["Metrics"] for line in lines if "Meta" in line["Dimensions"]]
    assert [each["Total Records Seen"]["sum"] for each in seen] == [3000, 6000]
    assert [each["Total Batches Seen"]["sum"] for each in seen] == [6, 12]
    times = lines[-1]["Metrics"]
    assert times["update.time"]["count"] == times["check_early_stopping.time"]["count"] == 2
    assert times["totaltime"]["sum"] >= times["initialize.time"]["sum"] > 0


@pytest.mark.parametrize("kind", LOSSES)
def test_every_metric_of_a_predictor_type_is_found_by_its_regex(
    kind: str, table: np.ndarray, fit: Any
) -> None:
    cuts = {"regressor": None, "binary_classifier": [0.6], "multiclass_classifier": [0.3, 0.8]}[
        kind
    ]
    if cuts:
        label = np.digitize(table[:, 0], np.quantile(table[:, 0], cuts))
        table = np.column_stack([label, table[:, 1:]])
    channels = {"train": table, "validation": table[:500], "test": table[500:1000]}
    trained = fit(channels, {"predictor_type": kind, "num_classes": "3"})
    expected = {metric.name for metric in LinearLearner().metrics_of(kind)}
    assert set(trained.metrics) == expected
    assert trained.metrics["train:progress"] == 100
    lines = [line for line in trained.log.splitlines() if "#test_score" in line]
    names = [line.partition("('")[2].partition("'")[0] for line in lines]
    assert names[0].endswith("_objective")
    assert (
        names[1:]
        == {
            "regressor": ["mse", "absolute_loss", "rmse"],
            # The order of a real log.
            "binary_classifier": [
                *("binary_classification_accuracy", "binary_f_1.000"),
                *("precision", "recall", "roc_auc_score"),
            ],
            "multiclass_classifier": [
                *("multiclass_accuracy", "multiclass_top_k_accuracy_3", "dcg", "macro_recall"),
                *("macro_precision", "macro_f_1.000", "multiclass_balanced_accuracy"),
                "multiclass_log_loss",
            ],
        }[kind]
    )


def test_losses_of_a_regressor_are_in_the_units_of_their_kind(table: np.ndarray, fit: Any) -> None:
    metrics = fit(
        {"train": table, "validation": table[:500], "test": table[500:]}, REGRESSOR
    ).metrics
    assert metrics["test:rmse"] ** 2 == pytest.approx(metrics["test:mse"])
    # The epochs' training objective is in normalised units, validation in the label's.
    assert metrics["train:objective_loss"] < 1 < metrics["validation:objective_loss"]


def test_test_scores_are_those_of_the_returned_model(table: np.ndarray, fit: Any) -> None:
    trained = fit({"train": table[:2000], "test": table[2000:]}, REGRESSOR)
    error = trained.predict(table[2000:, 1:]) - table[2000:, 0]
    assert trained.metrics["test:mse"] == pytest.approx(np.mean(error**2), rel=1e-5)
    assert trained.metrics["test:absolute_loss"] == pytest.approx(np.abs(error).mean(), rel=1e-5)


def test_same_data_and_hyperparameters_give_the_same_bytes(table: np.ndarray, fit: Any) -> None:
    jobs = [fit({"train": table}, {**REGRESSOR, "loss": "absolute_loss"}) for _ in range(2)]
    first, second = (job.root / "model" / "model_algo-1" for job in jobs)
    assert first.read_bytes() == second.read_bytes()


def test_training_stops_when_patience_is_over(table: np.ndarray, fit: Any) -> None:
    slow = {"learning_rate": "1e-9", "num_models": "1", "epochs": "40"}
    stopped = fit({"train": table}, {**REGRESSOR, **slow, "early_stopping_patience": "2"})
    assert stopped.log.count("early_stopping_criteria_metric") == 3
    assert "Epoch 2: Loss has not improved for 2 epochs." in stopped.log
    assert stopped.metrics["train:progress"] == 100
    patient = fit({"train": table}, {**REGRESSOR, **slow, "early_stopping_patience": "41"})
    assert patient.log.count("early_stopping_criteria_metric") == 40


def test_a_batch_larger_than_the_data_is_one_step_an_epoch(table: np.ndarray, fit: Any) -> None:
    assert fit({"train": table}, {**REGRESSOR, "mini_batch_size": "100000"}).metrics["train:mse"]


def test_one_row_and_a_constant_label_can_be_trained(fit: Any) -> None:
    trained = fit({"train": "7,1,2\n"}, REGRESSOR)
    assert trained.predict(np.array([[1.0, 2.0]]))[0] == pytest.approx(7)
    trained = fit({"train": "7,1,2\n7,2,1\n7,3,3\n"}, REGRESSOR)
    assert trained.predict(np.array([[2.0, 2.0]]))[0] == pytest.approx(7, rel=1e-3)


def test_diverged_training_says_what_to_do(table: np.ndarray, fit: Any) -> None:
    wild = {"optimizer": "sgd", "learning_rate": "1e30", "early_stopping_patience": "99"}
    with pytest.raises(AlgorithmFailure, match=r"training diverged: .* lower learning_rate"):
        fit({"train": table}, {**REGRESSOR, **wild})


@pytest.mark.parametrize("raw", ["normalize_data", "normalize_label", "unbias_data"])
def test_normalisation_can_be_off(raw: str, table: np.ndarray, fit: Any) -> None:
    near_zero = table - [100, 0, 0, 0, 0, 0]
    long = {"epochs": "200", "early_stopping_patience": "200", "l1": "0", "wd": "0"}
    trained = fit({"train": near_zero}, {**REGRESSOR, **long, raw: "false"})
    assert trained.metrics["train:mse"] == pytest.approx(25, rel=0.1)


@pytest.mark.parametrize("scale_rows", ["2", "10"])
def test_scaling_by_the_first_rows_only_ends_at_the_same_optimum(
    scale_rows: str, table: np.ndarray, fit: Any
) -> None:
    few = fit(
        {"train": table}, {**REGRESSOR, "num_point_for_scaler": scale_rows, "l1": "0", "wd": "0"}
    )
    assert few.metrics["train:mse"] == pytest.approx(25, rel=0.1)


def test_auto_searches_32_models_and_what_is_given_is_never_varied() -> None:
    assert len(candidates_of(settings(), 1.0)) == 32
    given = candidates_of(settings(wd="0.5"), 1.0)
    assert set(given.wd.tolist()) == {0.5}
    assert len(set(given.learning_rate.tolist())) > 1
    all_given = {"wd": "0", "l1": "0", "learning_rate": "0.1"}
    assert len(candidates_of(settings(**all_given), 1.0)) == 1
    assert len(candidates_of(settings(**all_given, num_models="8"), 1.0)) == 8
    few = candidates_of(settings(num_models="4"), 1.0)
    assert len(set(few.learning_rate.tolist())) == 4


def test_auto_searches_the_weight_of_positives_too() -> None:
    def weights(**hyperparameters: str) -> set[float]:
        chosen = {"predictor_type": "binary_classifier", **hyperparameters}
        return set(candidates_of(read_settings(chosen), 9.0).positive_weight.tolist())

    assert weights() == {1.0}
    assert weights(positive_example_weight_mult="5") == {5.0}
    assert weights(positive_example_weight_mult="balanced") == {9.0}
    assert weights(positive_example_weight_mult="auto") == {1.0, 3.0, 9.0}
    other = {"predictor_type": "regressor", "positive_example_weight_mult": "5"}
    assert weights(**other) == {1.0}


def test_a_trial_of_a_tuning_job_trains_one_model() -> None:
    trial = settings(num_models="32", _tuning_objective_metric="validation:mse")
    assert len(candidates_of(trial, 1.0)) == 1


def test_the_schedule_falls_by_its_factor_to_its_minimum_and_never_rises() -> None:
    chosen = settings(learning_rate="0.1", lr_scheduler_step="10", lr_scheduler_factor="0.5")
    rate = np.array([0.1, 1e-9])
    at = [decay(chosen.optimisation, rate, step).tolist() for step in (0, 9, 10, 20, 10_000)]
    assert at == [[0.1, 1e-9], [0.1, 1e-9], [0.05, 1e-9], [0.025, 1e-9], [1e-5, 1e-9]]
    for steps in (1, 9, 10, 25, 1000):
        summed = sum(decay(chosen.optimisation, rate, step)[0] for step in range(steps))
        assert journey(chosen.optimisation, 0.1, steps) == pytest.approx(summed)
    assert journey(chosen.optimisation, 1e-9, 10**9) == pytest.approx(1.0)
    constant = settings(learning_rate="0.1", use_lr_scheduler="false")
    assert decay(constant.optimisation, rate, 10_000).tolist() == [0.1, 1e-9]


def test_documented_defaults_depend_on_the_predictor_type() -> None:
    assert settings().loss == "squared_loss"
    assert settings().normalize_label
    binary = read_settings({"predictor_type": "binary_classifier", "normalize_label": "true"})
    assert binary.loss == "logistic"
    assert not binary.normalize_label
    assert not settings(use_bias="False").unbias_data


def test_what_memory_cannot_hold_is_refused_and_auto_takes_fewer_models(fit: Any) -> None:
    rows = "".join(f"{n % 3},{n}\n" for n in range(1000))
    many = {"predictor_type": "multiclass_classifier", "num_classes": "1000000"}
    with pytest.raises(ClientFailure, match="num_models 1 x num_classes 1000000 x mini_batch_size"):
        fit({"train": rows}, many)
    with pytest.raises(ClientFailure, match=r"num_models 1000000000 x .* lower one of them"):
        fit({"train": rows}, {**REGRESSOR, "num_models": "1000000000"})
    assert len(candidates_of(settings(), 1.0, size=50_000_000)) == 5
