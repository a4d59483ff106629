"""Trials: numbered, sorted, filtered."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.ui.trials import best_of, best_so_far, filter_of, search_of, sort, trials_of


def described(kind: str = "Minimize") -> dict[str, Any]:
    return {
        "HyperParameterTuningJobConfig": {
            "HyperParameterTuningJobObjective": {"Type": kind, "MetricName": "rmse"},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0", "MaxValue": "1"}],
                "CategoricalParameterRanges": [{"Name": "booster", "Values": ["tree", "line"]}],
            },
        },
        "TrainingJobDefinition": {"RoleArn": "role"},
    }


def entry(number: int, value: float | None, **parameters: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "TrainingJobName": f"job-{number}",
        "TrainingJobStatus": "Completed" if value is not None else "Failed",
        "CreationTime": 100.0 + number,
        "TunedHyperParameters": parameters,
    }
    if value is not None:
        made["FinalHyperParameterTuningJobObjectiveMetric"] = {"Value": value}
    return made


SEARCH = search_of(described())
TRIALS = trials_of(
    [
        entry(3, 2.0, eta="0.9", booster="tree"),
        entry(1, 4.0, eta="0.1", booster="line"),
        entry(4, 3.0, eta="1e-3", booster="tree"),
        entry(2, None, eta="0.5", booster="tree"),
    ]
)


def numbers(found: Any) -> list[int]:
    return [trial.number for trial in found]


def test_they_are_numbered_as_they_were_created() -> None:
    assert [trial.name for trial in TRIALS] == ["job-1", "job-2", "job-3", "job-4"]
    assert numbers(TRIALS) == [1, 2, 3, 4]


def test_the_best_is_that_of_the_objective() -> None:
    best = best_of(TRIALS, SEARCH)
    assert best is not None
    assert best.number == 3
    highest = best_of(TRIALS, search_of(described("Maximize")))
    assert highest is not None
    assert highest.number == 1
    assert best_of([], SEARCH) is None


def test_best_so_far_never_gets_worse() -> None:
    assert best_so_far(TRIALS, SEARCH) == [(1, 4.0), (3, 2.0), (4, 2.0)]


@pytest.mark.parametrize(
    ("by", "order"),
    [
        ("", [3, 4, 1, 2]),
        ("nonsense", [3, 4, 1, 2]),
        ("number", [1, 2, 3, 4]),
        ("-number", [4, 3, 2, 1]),
        ("-value", [1, 4, 3, 2]),
        ("p.eta", [4, 1, 2, 3]),
        ("p.booster", [1, 2, 3, 4]),
    ],
)
def test_sorting(by: str, order: list[int]) -> None:
    assert numbers(sort(TRIALS, by, SEARCH)) == order


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({}, [1, 2, 3, 4]),
        ({"status": "Failed"}, [2]),
        ({"high": "3"}, [3, 4]),
        ({"low": "2.5", "high": "3.5"}, [4]),
        ({"low.eta": "0.05"}, [1, 2, 3]),
        ({"is.booster": "tree", "high.eta": "0.5"}, [2, 4]),
        ({"low": "many"}, [1, 2, 3, 4]),
        ({"low": "nan"}, [1, 2, 3, 4]),
    ],
)
def test_filters(query: dict[str, str], kept: list[int]) -> None:
    wanted = filter_of(query, SEARCH)
    assert numbers(trial for trial in TRIALS if wanted.keeps(trial)) == kept
    assert wanted.active == (len(kept) < 4)


def test_what_is_no_number_is_told_at_its_field() -> None:
    wanted = filter_of({"low.eta": "<b>"}, SEARCH)
    assert "'<b>' is no number" in wanted.spans["eta"].low.problem
    assert wanted.narrows
