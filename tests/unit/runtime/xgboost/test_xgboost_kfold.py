"""k-fold cross validation: `_kfold` and `_num_cv_round`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb
from sklearn.model_selection import RepeatedKFold

from runtime.images._base import AlgorithmFailure
from runtime.images.xgboost import XGBoostImage

Container = Callable[..., Path]
SETTINGS = {"_kfold": "3", "_num_cv_round": "2", "seed": "7", "eval_metric": "mae,mape"}
_LINE = re.compile(r"^\[(\d+)\]\t(.+)$", re.MULTILINE)


def _train(root: Path) -> list[xgb.Booster]:
    XGBoostImage().train(root)
    names = sorted(path.name for path in (root / "model").iterdir())
    assert names == [f"xgboost-model-{number}" for number in range(len(names))]
    return [
        xgb.Booster(model_file=bytearray((root / "model" / name).read_bytes())) for name in names
    ]


def _rows(root: Path, channel: str) -> xgb.DMatrix:
    path = root / "input" / "data" / channel / "data.csv"
    return xgb.DMatrix(f"{path}?format=csv&label_column=0&delimiter=,", silent=True)


def _both(root: Path, folder: Path) -> xgb.DMatrix:
    """The rows of train, then those of validation."""
    target = folder / "both.csv"
    data = root / "input" / "data"
    target.write_text(
        (data / "train/data.csv").read_text() + (data / "validation/data.csv").read_text()
    )
    return xgb.DMatrix(f"{target}?format=csv&label_column=0&delimiter=,", silent=True)


def _predictions(root: Path) -> np.ndarray:
    return np.loadtxt(root / "output" / "data" / "predictions.csv", delimiter=",")


def test_each_fold_has_a_model_that_did_not_see_it(container: Container, tmp_path: Path) -> None:
    """The folds, the trees and the predictions, made here once more with scikit-learn and XGBoost alone."""
    root = container(SETTINGS)
    boosters = _train(root)
    both = _both(root, tmp_path)
    folds = RepeatedKFold(n_splits=3, n_repeats=2, random_state=7).split(range(both.num_row()))
    parameters = {"objective": "reg:squarederror", "nthread": 1, "max_depth": 3, "seed": 7}
    expected = np.zeros((both.num_row(), 2))
    for number, (fitted, held_out) in enumerate(folds):
        bare = xgb.train(parameters, both.slice(fitted), 3)
        assert boosters[number].get_dump() == bare.get_dump()
        expected[held_out, number // 3] = bare.predict(both.slice(held_out))
    assert len(boosters) == 6
    found = _predictions(root)
    assert found.shape == (380, 2)
    assert found[:, 0] == pytest.approx(both.get_label(), abs=1e-6)
    assert found[:, 1] == pytest.approx(expected.mean(axis=1), abs=1e-6)


def test_a_line_a_repetition_and_one_for_all_have_the_means(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    _train(container(SETTINGS))
    log = capsys.readouterr().out
    lines = [
        (int(number), dict(part.split(":") for part in text.split("\t")))
        for number, text in _LINE.findall(log)
    ]
    assert [number for number, _ in lines] == [*[0, 1, 2] * 3, 3, *[0, 1, 2] * 3, 3, 3]
    last = [scores for number, scores in lines if number == 2]
    means = [scores for number, scores in lines if number == 3]
    for line, part in zip(means, (last[:3], last[3:], last), strict=True):
        assert list(line) == ["train-mape", "validation-mape", "train-mae", "validation-mae"]
        for name, value in line.items():
            mean = np.mean([float(scores[name]) for scores in part])
            assert float(value) == pytest.approx(mean, abs=1.1e-5)
    assert "INFO] Run 2-round of 3-fold cross validation with 380 rows\n" in log
    assert "INFO] The overall metrics of 2-round cross validation\n" in log


def test_what_is_printed_is_the_score_on_the_whole_channels(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    """As from container 1.7-1 on; the folds' own scores would differ."""
    root = container({"_kfold": "2", "eval_metric": "mape"})
    boosters = _train(root)
    final = [text for number, text in _LINE.findall(capsys.readouterr().out) if number == "2"]
    for booster, text in zip(boosters, final, strict=True):
        for channel, part in zip(("train", "validation"), text.split("\t"), strict=True):
            assert part.startswith(f"{channel}-mape:")
            expected = _mape(booster, _rows(root, channel))
            assert float(part.rpartition(":")[2]) == pytest.approx(expected, rel=1e-4)


def _mape(booster: xgb.Booster, rows: xgb.DMatrix) -> float:
    labels = rows.get_label()
    return float(np.mean(np.abs((labels - booster.predict(rows)) / labels)))


def test_the_folds_follow_from_the_seed(container: Container) -> None:
    settings = {"_kfold": "2"}
    same = [_train(container({**settings, "seed": "5"})) for _ in range(2)]
    other = _train(container({**settings, "seed": "-5"}))
    dumps = [[booster.get_dump() for booster in boosters] for boosters in (*same, other)]
    assert dumps[0] == dumps[1] != dumps[2]


@pytest.mark.parametrize(
    ("objective", "extra"),
    [("binary:logistic", {}), ("multi:softprob", {"num_class": "3"})],
)
def test_a_classification_adds_the_class_of_most_repetitions(
    container: Container, objective: str, extra: dict[str, str]
) -> None:
    classes = int(extra.get("num_class", 2))
    rows = "".join(f"{n % classes},{n % classes * 10 + n % 5},{n % 7}\n" for n in range(90))
    files = {"train/data.csv": rows, "validation/data.csv": rows}
    root = container({"objective": objective, "_kfold": "3", "_num_cv_round": "3", **extra}, files)
    assert len(_train(root)) == 9
    labels, probabilities, chosen = _predictions(root).T
    assert set(chosen) <= set(labels) == set(range(classes))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert np.mean(labels == chosen) > 0.8


def test_early_stopping_keeps_the_best_rounds_of_each_fold(container: Container) -> None:
    settings = {"_kfold": "2", "num_round": "300", "eta": "0.9", "max_depth": "6"}
    root = container({**settings, "early_stopping_rounds": "3", "eval_metric": "mape"})
    assert all(booster.num_boosted_rounds() < 300 for booster in _train(root))


def test_folds_have_their_weights(container: Container) -> None:
    rows = "".join(f"{n % 3},{1 + n % 2},{n % 7},{n % 5}\n" for n in range(60))
    files = {"train/data.csv": rows, "validation/data.csv": rows}
    with_weights, without = (
        _train(container({"_kfold": "2", "csv_weights": switch}, files)) for switch in ("1", "0")
    )
    assert with_weights[0].num_features() == 2
    assert without[0].num_features() == 3


@pytest.mark.parametrize(
    ("settings", "channels", "text"),
    [
        ({"_kfold": "2"}, ("train",), "XGB train call failed with exception:\n 'validation'"),
        (
            {"_kfold": "500"},
            ("train", "validation"),
            "XGB train call failed with exception:\n Cannot have number of splits n_splits=500",
        ),
    ],
)
def test_what_cannot_be_cut_into_folds_ends_the_job(
    container: Container, settings: dict[str, str], channels: tuple[str, ...], text: str
) -> None:
    with pytest.raises(AlgorithmFailure) as failure:
        XGBoostImage().train(container(settings, channels=channels))
    assert str(failure.value).startswith(text)
