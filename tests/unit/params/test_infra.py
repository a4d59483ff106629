from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from params import infra
from params.environment import InvalidEnvironment, load
from params.infra import Infra

GOOD = asdict(
    Infra(
        project="prices",
        repository="team/prices",
        branch="release/2026",
        connection="arn:aws:codeconnections:us-east-1:123456789012:connection/0a1b-2c",
        github_actions=True,
        github_provider="arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
        pipeline="house-price",
        schedule="cron(0 6 ? * MON *)",
        incoming="incoming/daily",
        email="team@prices.example",
        branches=True,
    )
)


def test_good_settings_have_no_problems():
    assert list(infra.problems(GOOD)) == []
    assert asdict(infra.read(GOOD)) == GOOD


def test_everything_may_be_left_empty_but_the_project_and_the_branch():
    empty = {key: "" if isinstance(value, str) else value for key, value in GOOD.items()}
    assert [each.split("'")[1] for each in infra.problems(empty)] == [
        "infra.project",
        "infra.branch",
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("project", "Prices"),
        ("project", "p" * 21),
        ("repository", "prices"),
        ("repository", "https://github.com/team/prices"),
        ("repository", "team/*"),
        ("branch", "main:x"),
        ("branch", "*"),
        ("connection", "arn:aws:codebuild:us-east-1:123456789012:x"),
        ("github_actions", "yes"),
        ("github_provider", "github"),
        ("pipeline", "-x"),
        ("schedule", "every day"),
        ("schedule", "cron()"),
        ("incoming", "/incoming/"),
        ("email", "team"),
        ("email", 3),
        ("branches", "yes"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(key, value):
    [problem] = infra.problems({**GOOD, key: value})
    assert problem.startswith(f"'infra.{key}' must be ")
    assert repr(value) in problem


def test_unknown_and_missing_settings_are_named():
    wrong = {key: value for key, value in GOOD.items() if key != "email"} | {"emial": "x"}
    assert sorted(infra.problems(wrong)) == [
        "'infra.email' is missing",
        "unknown setting 'infra.emial'; did you mean 'email'?",
    ]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_any_value_of_any_setting_is_good_or_a_problem(value):
    for key in GOOD:
        list(infra.problems({**GOOD, key: value}))


def test_problems_of_the_table_are_problems_of_the_file(tmp_path):
    text = 'region = "eu-west-1"\nrole_arn = "arn:aws:iam::123456789012:role/P"\nbucket = "bbb"\n'
    text += 'prefix = "p"\nruntime = ""\n[tags]\n[disabled_rules]\n[parameters]\n'
    (tmp_path / "test.toml").write_text(text)
    assert load("test", directory=tmp_path, variables={}).infra == Infra()
    (tmp_path / "test.toml").write_text(text.replace("[tags]", "infra = 3\n[tags]"))
    with pytest.raises(InvalidEnvironment, match="'infra' must be a table but got 3"):
        load("test", directory=tmp_path, variables={})
    (tmp_path / "test.toml").write_text(f'{text}[infra]\nproject = "X"\n')
    with pytest.raises(InvalidEnvironment, match=r"test\.toml: 'infra\.project' must be"):
        load("test", directory=tmp_path, variables={})
