"""The pages of tuning jobs and their trials, without a script."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from runtime.ui import links


def trials(studio: Any, name: str) -> list[dict[str, Any]]:
    answer = studio.call(
        "ListTrainingJobsForHyperParameterTuningJob",
        HyperParameterTuningJobName=name,
        MaxResults=100,
    )
    found: list[dict[str, Any]] = answer["TrainingJobSummaries"]
    return found


def shown(text: str) -> list[int]:
    """Numbers of the trials in the table, from the top."""
    return [int(number) for number in re.findall(r'<tr id="trial-(\d+)"', text)]


def best(studio: Any, name: str) -> dict[str, Any]:
    described = studio.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName=name)
    found: dict[str, Any] = described["BestTrainingJob"]
    return found


def test_the_list_says_how_each_search_went(studio: Any, tuned: str) -> None:
    page = studio.get(links.url("tuning"))
    assert f'href="{links.tuning_job(tuned)}"' in page.text
    assert "Random, lowest loss" in page.text


def test_the_best_trial_is_named_first_and_the_table_has_all(studio: Any, tuned: str) -> None:
    page = studio.get(links.tuning_job(tuned))
    assert links.training_job(best(studio, tuned)["TrainingJobName"]) in page.text
    assert "has the lowest loss" in studio.elements(page.text).plain
    assert sorted(shown(page.text)) == list(range(1, 13))
    assert page.text.count('class="winner"') == 1
    assert re.search(r'<tr id="trial-\d+" class="winner">', page.text)
    assert "best so far" in page.text
    assert 'role="img" aria-label="loss: best so far' in page.text


def test_trials_that_failed_say_why(studio: Any, tuned: str) -> None:
    failed = [each for each in trials(studio, tuned) if each["TrainingJobStatus"] == "Failed"]
    assert failed, "the seed no longer draws a rate above 0.9"
    page = studio.get(links.tuning_job(tuned, status="Failed"))
    assert len(shown(page.text)) == len(failed)
    assert f"{len(failed)} trial" in studio.elements(page.text).plain
    trial = studio.get(links.training_job(failed[0]["TrainingJobName"]))
    assert "ValueError: rate is too high" in trial.text


def test_trials_are_filtered_and_sorted_by_the_address(studio: Any, tuned: str) -> None:
    everything = dict(enumerate(trials(studio, tuned), 1))
    rates = {n: float(each["TunedHyperParameters"]["rate"]) for n, each in everything.items()}
    query = {"low.rate": "0.2", "high.rate": "0.8", "sort": "-p.rate"}
    page = studio.get(links.tuning_job(tuned, **query))
    wanted = sorted((n for n, rate in rates.items() if 0.2 <= rate <= 0.8), key=lambda n: -rates[n])
    assert shown(page.text) == wanted
    assert 'aria-sort="descending"' in page.text
    assert 'value="0.2"' in page.text
    nothing = studio.get(links.tuning_job(tuned, high="-5"))
    assert "No trial fits the filter." in nothing.text
    wrong = studio.get(links.tuning_job(tuned, low="much"))
    assert "is no number, so it does not count" in wrong.text
    assert 'aria-invalid="true"' in wrong.text
    assert len(shown(wrong.text)) == 12


def test_plots_are_data_of_the_trials_that_are_shown(studio: Any, tuned: str) -> None:
    page = studio.get(links.tuning_job(tuned, high="0.4"))
    [address] = [v["data-plots"] for _, v in studio.elements(page.text).tags if "data-plots" in v]
    answer = studio.get(address)
    assert answer.headers["content-type"] == "application/json"
    history = json.loads(answer.text)["history"]["data"][0]
    assert history["x"]
    assert max(history["y"]) <= 0.4
    assert sorted(history["x"]) == sorted(shown(page.text))


def test_names_and_values_of_hyperparameters_are_text(studio: Any, tuned: str) -> None:
    page = studio.get(links.tuning_job(tuned))
    assert "<b>mood" not in page.text
    assert "<i>good" not in page.text
    assert "&lt;b&gt;mood&lt;/b&gt;" in page.text
    plots = studio.get(links.figures(tuned)).text
    data = [figure["data"] for figure in json.loads(plots).values() if figure]
    assert "<b>mood" not in json.dumps(data)
    trial = studio.get(links.training_job(best(studio, tuned)["TrainingJobName"]))
    assert "<script>alert('log')" not in trial.text
    assert "&lt;script&gt;alert(&#39;log&#39;)" in trial.text


def test_a_trial_shows_what_it_had_and_made(studio: Any, tuned: str) -> None:
    job = best(studio, tuned)
    plain = studio.elements(studio.get(links.training_job(job["TrainingJobName"])).text).plain
    assert job["TunedHyperParameters"]["rate"] in plain
    assert f"s3://data/models/{job['TrainingJobName']}/output/model.tar.gz" in plain
    assert "sagemaker_program" in plain


def test_a_search_that_just_begins_has_a_page(studio: Any, searching: tuple[str, Path]) -> None:
    name, _ = searching
    page = studio.get(links.tuning_job(name))
    assert page.status == 200
    assert "has a value of loss yet" in studio.elements(page.text).plain
    assert json.loads(studio.get(links.figures(name)).text) == {}


@pytest.mark.parametrize("path", ["tuning/nothing", "tuning/nothing/figures", "training/nothing"])
def test_what_is_not_there(studio: Any, path: str) -> None:
    assert studio.get(f"/_studio/{path}").status == 404
