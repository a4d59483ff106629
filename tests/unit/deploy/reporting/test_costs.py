from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.deploy.reporting import words
from pipelines.deploy.reporting.costs import costs, dollars


def test_each_job_costs_its_seconds_times_its_instances(view, tuning, prices):
    found = costs(view, (tuning,), prices)
    # Prepare 3 s at $1 a second; Train 4 billed seconds on two at $10; the trials 1 + 2 + 3 s at $10.
    assert {each.step: each.usd for each in found.steps} == {"Prepare": 3, "Train": 80, "Tune": 60}
    assert found.saved == ("Evaluate",)
    assert (found.usd, found.text) == (143, "about $143.00")


def test_without_a_billed_time_the_instances_time_counts(view, prices):
    [_, train, *_] = view.steps
    described = dict(train.description)
    del described["BillableTimeInSeconds"]
    found = costs(replace(view, steps=(replace(train, description=described),)), (), prices)
    assert found.usd == 10 * 2 * 10


def test_an_unknown_price_is_never_taken_as_zero(view, tuning, prices):
    found = costs(view, (tuning,), replace(prices, usd_an_hour={"ml.m5.large": 3600.0}))
    assert [each.usd for each in found.steps] == [3, None, None]
    assert found.text == "at least $3.00"


@pytest.mark.parametrize(
    ("usd", "text"),
    [(0, "$0.00"), (0.00001, "less than $0.0001"), (0.0123, "$0.0123"), (1234.5, "$1,234.50")],
)
def test_small_amounts_keep_their_digits(usd, text):
    assert dollars(usd) == text


def test_a_local_run_is_free_and_says_what_aws_would_take(content):
    text = words.cost(content)
    assert text.startswith("Free: it ran on this machine. On AWS the same seconds would have cost")
    assert "$143.00" in text
    assert "1 step cost nothing" in text
    away = replace(content, where=replace(content.where, local=False))
    assert words.cost(away).startswith("About $143.00")
