from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb

from pipelines.definition.algorithms.xgboost import XGBoost
from runtime.images._base import AlgorithmFailure
from runtime.images.xgboost import XGBoostImage

Container = Callable[..., Path]


def _train(root: Path) -> xgb.Booster:
    XGBoostImage().train(root)
    return xgb.Booster(model_file=bytearray((root / "model" / "xgboost-model").read_bytes()))


def _matrix(root: Path, channel: str) -> xgb.DMatrix:
    path = root / "input" / "data" / channel / "data.csv"
    return xgb.DMatrix(f"{path}?format=csv&label_column=0&delimiter=,", silent=True)


def _extracted(log: str, name: str) -> list[float]:
    """What the service extracts from the log: it shows tabs as #011."""
    metric = XGBoost().metric(name)
    assert metric is not None
    matches = (re.match(metric.regex, line.replace("\t", "#011")) for line in log.splitlines())
    return [float(match[1]) for match in matches if match]


def test_a_job_logs_its_data_and_one_line_of_metrics_a_round(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    _train(container({"_tuning_objective_metric": "validation:rmse"}))
    log = capsys.readouterr().out
    assert "INFO] Running XGBoost Sagemaker in algorithm mode\n" in log
    assert "INFO] Determined 0 GPU(s) available on the instance.\n" in log
    assert "INFO] Setting up HPO optimized metric to be : rmse\n" in log
    assert "WARNING" not in log
    assert "INFO] Determined delimiter of CSV input is ','\n" in log
    assert "INFO] Train matrix has 300 rows and 3 columns\n" in log
    assert "INFO] Validation matrix has 80 rows\n" in log
    assert re.findall(
        r"^\[(\d+)\]\ttrain-rmse:\d+\.\d{5}\tvalidation-rmse:\d+\.\d{5}$", log, re.MULTILINE
    ) == [
        "0",
        "1",
        "2",
    ]


def test_the_artifact_reproduces_the_logged_metric(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    root = container({"num_round": "20", "_tuning_objective_metric": "validation:rmse"})
    booster = _train(root)
    logged = _extracted(capsys.readouterr().out, "validation:rmse")
    validation = _matrix(root, "validation")
    errors = booster.predict(validation) - validation.get_label()
    assert len(logged) == 20
    assert logged[-1] == pytest.approx(float(np.sqrt(np.mean(errors**2))), abs=1e-5)


def test_the_same_job_writes_the_same_bytes(container: Container) -> None:
    settings = {"subsample": "0.7", "colsample_bytree": "0.7", "seed": "5", "num_round": "10"}
    first, second = container(settings), container(settings)
    other = container({**settings, "seed": "6"})
    for root in (first, second, other):
        _train(root)
    models = [(root / "model" / "xgboost-model").read_bytes() for root in (first, second, other)]
    assert models[0] == models[1] != models[2]


def test_the_trees_are_those_of_the_bare_library(container: Container) -> None:
    root = container({"num_round": "10", "eta": "0.2", "eval_metric": "mae,rmse"})
    booster = _train(root)
    parameters = {"objective": "reg:squarederror", "nthread": 1, "max_depth": 3, "eta": 0.2}
    bare = xgb.train(parameters, _matrix(root, "train"), 10)
    assert booster.get_dump() == bare.get_dump()


def test_named_metrics_and_the_tuning_objective_are_all_logged(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    _train(container({"eval_metric": "mphe,mape", "_tuning_objective_metric": "validation:mae"}))
    log = capsys.readouterr().out
    for name in ("mae", "mape", "mphe"):
        for channel in ("train", "validation"):
            assert len(_extracted(log, f"{channel}:{name}")) == 3


def test_early_stopping_keeps_the_best_rounds(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"num_round": "500", "eta": "0.9", "early_stopping_rounds": "3", "max_depth": "6"}
    root = container({**settings, "_tuning_objective_metric": "validation:rmse"})
    booster = _train(root)
    logged = _extracted(capsys.readouterr().out, "validation:rmse")
    best = int(np.argmin(logged))
    assert len(logged) == best + 4 < 500
    assert booster.num_boosted_rounds() == best + 1


def test_early_stopping_needs_a_validation_channel(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"num_round": "9", "early_stopping_rounds": "1", "eval_metric": "rmse"}
    _train(container(settings, channels=("train",)))
    assert len(_extracted(capsys.readouterr().out, "train:rmse")) == 9


def test_a_job_goes_on_from_its_newest_whole_checkpoint(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, half = container({"num_round": "12"}), container({"num_round": "7"})
    _train(whole)
    configuration = {"S3Uri": "s3://bucket/c", "LocalPath": "/opt/ml/checkpoints"}
    (half / "input" / "config" / "checkpointconfig.json").write_text(json.dumps(configuration))
    _train(half)
    folder = half / "checkpoints"
    assert {path.name for path in folder.iterdir()} == {
        f"xgboost-checkpoint.{n}" for n in range(2, 7)
    }
    (folder / "xgboost-checkpoint.9").write_bytes(b"cut short")
    path = half / "input" / "config" / "hyperparameters.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "num_round": "12"}))
    capsys.readouterr()
    _train(half)
    rounds = re.findall(r"^\[(\d+)\]", capsys.readouterr().out, re.MULTILINE)
    assert rounds == ["7", "8", "9", "10", "11"]
    models = [
        xgb.Booster(model_file=bytearray((root / "model/xgboost-model").read_bytes()))
        for root in (whole, half)
    ]
    assert models[0].get_dump() == models[1].get_dump()


def test_a_job_that_has_all_its_rounds_already_ends_with_that_model(container: Container) -> None:
    root = container({"early_stopping_rounds": "2", "eval_metric": "rmse"})
    configuration = {"S3Uri": "s3://bucket/c", "LocalPath": "/opt/ml/checkpoints"}
    (root / "input" / "config" / "checkpointconfig.json").write_text(json.dumps(configuration))
    before, after = _train(root), _train(root)
    assert before.get_dump() == after.get_dump()


def test_the_same_file_in_both_channels_is_a_warning(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    _train(container(files={"train/a.csv": "1,2\n0,3\n", "validation/a.csv": "1,2\n0,4\n"}))
    assert "WARNING] Suspected identical files found: a.csv" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tag", "noted"),
    [("1.7-1", True), ("3.0-5", False), ("3.0-5-cpu-py3", False), (None, False)],
)
def test_a_tag_of_another_version_is_noted(
    container: Container,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tag: str | None,
    noted: bool,
) -> None:
    if tag:
        monkeypatch.setenv("TRAINING_IMAGE", f"1.dkr.ecr.x.amazonaws.com/sagemaker-xgboost:{tag}")
    _train(container())
    note = f"WARNING] The image's tag is {tag}, but the local runtime trains with XGBoost 3.0.5"
    assert (note in capsys.readouterr().out) == noted


def test_a_job_may_keep_its_latest_model_up_to_date(container: Container) -> None:
    root = container({"save_model_on_termination": "true"})
    _train(root)
    assert [path.name for path in (root / "model").iterdir()] == ["xgboost-model"]


def test_a_job_trains_in_a_thread_too(container: Container) -> None:
    root = container({"save_model_on_termination": "true"})
    thread = threading.Thread(target=XGBoostImage().train, args=(root,))
    thread.start()
    thread.join()
    assert (root / "model" / "xgboost-model").exists()


def test_threads_come_from_the_environment_unless_given(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = container()
    path = root / "input" / "config" / "hyperparameters.json"
    values = {
        name: value for name, value in json.loads(path.read_text()).items() if name != "nthread"
    }
    path.write_text(json.dumps(values))
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    _train(root)


@pytest.mark.parametrize(
    ("objective", "extra"),
    [
        ("binary:logistic", {"eval_metric": "auc,f1_binary,logloss"}),
        ("multi:softprob", {"num_class": "3", "eval_metric": "accuracy,mlogloss"}),
        ("reg:linear", {}),
        ("reg:absoluteerror", {}),
        ("count:poisson", {}),
        ("reg:squarederror", {"booster": "gblinear", "updater": "coord_descent"}),
        ("reg:squarederror", {"booster": "dart", "rate_drop": "0.1"}),
        ("reg:squarederror", {"tree_method": "hist", "monotone_constraints": "(1,0)"}),
        ("reg:squarederror", {"tree_method": "hist", "interaction_constraints": "[[1]]"}),
    ],
)
def test_other_objectives_and_boosters_train(
    container: Container, objective: str, extra: dict[str, str]
) -> None:
    rows = "".join(
        f"{n % (3 if 'multi' in objective else 2)},{n},{n * n % 17}\n" for n in range(60)
    )
    root = container(
        {"objective": objective, "verbosity": "0", **extra},
        {"train/data.csv": rows, "validation/data.csv": rows},
    )
    assert _train(root).num_features() == 2


@pytest.mark.parametrize(
    ("files", "text"),
    [
        (
            {"validation/data.csv": "1,2\n"},
            "No data in training channel path /opt/ml/input/data/train",
        ),
        (
            {"train/data.csv": "1,2\n"},
            "No data in validation channel path /opt/ml/input/data/validation",
        ),
    ],
)
def test_a_channel_without_data_ends_the_job(
    container: Container, files: dict[str, str], text: str
) -> None:
    with pytest.raises(AlgorithmFailure, match=re.escape(text)):
        _train(container(files=files))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"objective": "binary:logistic"}, "label must be in [0,1] for logistic regression"),
        ({"use_dask_gpu_training": "true"}, "use_dask_gpu_training needs GPUs"),
        ({"eval_metric": "error@0.70", "early_stopping_rounds": "1"}, "error@0.70"),
        ({"objective": "reg:gamma"}, "XGB train call failed with exception:\n "),
        ({"updater": "distcol"}, "XGB train call failed with exception:\n "),
        ({"tree_method": "hist", "monotone_constraints": "(1,1,1,1)"}, "XGB train call failed"),
    ],
)
def test_what_xgboost_or_the_runtime_cannot_do_ends_the_job(
    container: Container, settings: dict[str, str], text: str
) -> None:
    with pytest.raises(AlgorithmFailure, match=re.escape(text)) as failure:
        _train(container(settings))
    assert "Stack trace" not in str(failure.value)
