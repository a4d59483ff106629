from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from params import recorded
from params.environment import InvalidEnvironment, load

FOUND = {
    "ARTIFACT_BUCKET": "prices-dev",
    "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws:iam::123456789012:role/Pipelines",
    "AWS_REGION": "eu-west-1",
}


@pytest.fixture(autouse=True)
def directory(monkeypatch, tmp_path):
    monkeypatch.setattr(recorded, "DIRECTORY", tmp_path / ".outputs")


def test_what_was_written_is_read_and_an_environment_loads_with_it():
    recorded.write("dev", FOUND)
    assert recorded.read("dev") == FOUND
    loaded = load("dev")
    assert (loaded.bucket, loaded.region) == ("prices-dev", "eu-west-1")


def test_nothing_recorded_is_nothing():
    assert recorded.read("dev") == {}
    recorded.forget("dev")
    with pytest.raises(
        InvalidEnvironment, match=r"python -m pipelines\.bootstrap --env dev records"
    ):
        load("dev")


def test_a_new_record_replaces_the_old_one_and_leaves_no_other_file():
    for bucket in ("old", "new"):
        recorded.write("dev", {"ARTIFACT_BUCKET": bucket})
    assert recorded.read("dev") == {"ARTIFACT_BUCKET": "new"}
    assert [path.name for path in recorded.DIRECTORY.iterdir()] == ["dev.json"]
    recorded.forget("dev")
    assert list(recorded.DIRECTORY.iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | st.sampled_from([b"[]", b'{"A": 1}', b"[" * 100_000, b'{"A": "\\ud800"}']))
def test_any_file_is_a_record_or_says_how_to_write_it_anew(content):
    recorded.write("dev", {})
    recorded.path("dev").write_bytes(content)
    try:
        found = recorded.read("dev")
    except recorded.InvalidRecord as error:
        assert "pipelines.bootstrap --env dev --outputs" in str(error)
        with pytest.raises(InvalidEnvironment, match="not what bootstrap writes"):
            load("dev")
    else:
        assert all(isinstance(each, str) for each in found.values())
