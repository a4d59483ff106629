"""Metrics out of logs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.algorithms._base import Metric
from runtime.jobs.metrics import algorithm_metrics, defined_metrics, single_precision

NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*"
RMSE = Metric("validation:rmse", rf".*\[[0-9]+\].*#011validation-rmse:{NUMBER}")
MAE = Metric("validation:mae", rf".*\[[0-9]+\].*#011validation-mae:{NUMBER}")


def log(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "log"
    path.write_text(text)
    return path


def test_the_last_value_counts_and_tabs_read_as_cloudwatch_shows_them(tmp_path: Path) -> None:
    text = "start\n[0]\ttrain-rmse:9\tvalidation-rmse:19.9\n[1]\ttrain-rmse:8\tvalidation-rmse:2.91488\nend\n"
    assert algorithm_metrics(log(tmp_path, text), [RMSE, MAE]) == {
        "validation:rmse": 2.9148800373077393
    }


@given(values=st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=20))
def test_the_short_way_finds_what_reading_every_line_finds(
    values: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = [f"[{index}]\tvalidation-rmse:{value:.5f}" for index, value in enumerate(values)]
    path = log(tmp_path_factory.mktemp("log"), "\n".join([*lines, "INFO done"]))
    definitions = [{"Name": RMSE.name, "Regex": RMSE.regex}]
    assert algorithm_metrics(path, [RMSE]) == defined_metrics(path, definitions)


def test_definitions_of_a_request_match_anywhere_and_skip_what_is_no_number(tmp_path: Path) -> None:
    path = log(tmp_path, "loss=1.5 loss=0.5\nloss=bad\n")
    assert defined_metrics(path, [{"Name": "loss", "Regex": r"loss=(\S+)"}]) == {"loss": 0.5}


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e300"])
def test_a_last_value_that_is_not_finite_is_no_metric(text: str, tmp_path: Path) -> None:
    path = log(tmp_path, f"loss=0.5\nloss={text}\n")
    assert defined_metrics(path, [{"Name": "loss", "Regex": r"loss=(\S+)"}]) == {}


def test_a_job_without_a_log_has_no_metrics(tmp_path: Path) -> None:
    assert algorithm_metrics(tmp_path / "none", [RMSE]) == {}


def test_values_have_single_precision() -> None:
    assert single_precision(0.1) == 0.10000000149011612
    assert single_precision(1e300) == float("inf")
