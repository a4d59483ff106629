from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from params import jobs
from params.environment import DIRECTORY
from params.jobs import Jobs

NOTHING = {
    "subnets": [],
    "security_group_ids": [],
    "kms_key": "",
    "network_isolation": False,
    "encrypt_traffic": False,
    "spot": False,
    "max_wait": 0,
    "tag": False,
}


def test_without_settings_there_is_nothing():
    assert list(jobs.problems(NOTHING)) == []
    assert jobs.read(NOTHING) == jobs.read({}) == Jobs()


def test_the_environments_of_this_project_start_without():
    for path in DIRECTORY.glob("*.toml"):
        assert jobs.read(tomllib.loads(path.read_text())["jobs"]) == Jobs()


@pytest.mark.parametrize(
    "key",
    [
        "arn:aws:kms:eu-west-1:123456789012:key/mrk-0a1b2c3d",
        "arn:aws:kms:eu-west-1:123456789012:alias/models",
        "alias/aws/s3",
        "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
    ],
)
def test_a_key_is_an_arn_an_alias_or_an_id(key):
    assert list(jobs.problems(NOTHING | {"kms_key": key})) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subnet": []}, "unknown setting 'jobs.subnet'; did you mean 'subnets'?"),
        ({"subnets": "subnet-0a1b2c3d"}, "'jobs.subnets' must be a list of up to 16 subnets"),
        ({"subnets": ["sg-0a1b2c3d"]}, "'jobs.subnets' must be a list"),
        ({"subnets": ["subnet-0a1b2c3d"]}, "give both or none"),
        ({"security_group_ids": ["sg-0a1b2c3d"] * 6}, "a list of up to 5 security groups"),
        ({"kms_key": "my key"}, "'jobs.kms_key' must be the ARN, the id or the alias"),
        ({"spot": 1}, "'jobs.spot' must be true or false but got 1"),
        ({"spot": True}, "'jobs.max_wait' must be set with 'jobs.spot'"),
        ({"max_wait": 60}, "'jobs.max_wait' is for spot instances only"),
        ({"max_wait": True}, "'jobs.max_wait' must be seconds"),
        ({"max_wait": -1}, "'jobs.max_wait' must be seconds from 0 to 2419200"),
    ],
)
def test_each_mistake_is_named(change, message):
    assert message in "; ".join(jobs.problems(NOTHING | change))


def test_every_setting_is_asked_for():
    assert len(list(jobs.problems({}))) == len(NOTHING)


@given(
    st.dictionaries(
        st.sampled_from(sorted(NOTHING)) | st.text(max_size=5),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text() | st.integers()),
    )
)
def test_any_table_is_jobs_or_has_problems(table):
    if not list(jobs.problems(table)):
        assert isinstance(jobs.read(table), Jobs)
