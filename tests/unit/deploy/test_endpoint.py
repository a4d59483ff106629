from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import boto3
import pytest
from moto import mock_aws

from params.environment import load
from pipelines.deploy.endpoint import open_endpoint
from pipelines.deploy.errors import RuntimeUnavailable, ServiceError, WrongAccount

LOCAL = load("local")
AWS = replace(LOCAL, name="dev", runtime=None, region="eu-west-1")


class Embedded:
    def boto_session(self, region):
        return boto3.Session(
            region_name=region, aws_access_key_id="local", aws_secret_access_key="local"
        )


@pytest.fixture
def runtime(monkeypatch):
    """Stands for runtime.embedded; `opened` lists the directories that were opened."""
    module = ModuleType("runtime.embedded")
    module.url = None
    module.opened = []

    @contextmanager
    def open_embedded(directory):
        module.opened.append(directory)
        yield Embedded()

    module.IN_USE = BlockingIOError
    module.UNUSABLE = (OSError,)
    module.open_embedded = open_embedded
    monkeypatch.setitem(sys.modules, "runtime.embedded", module)
    monkeypatch.setattr("runtime.lock.serving_url", lambda directory: module.url)
    return module


def test_a_local_environment_embeds_the_runtime_over_its_directory(runtime):
    with open_endpoint(LOCAL) as endpoint:
        assert runtime.opened == [Path(".sagemaker")]
        assert endpoint.embedded
        assert endpoint.label == "local runtime in .sagemaker"


def test_a_directory_that_cannot_be_opened_is_a_sentence(runtime):
    def refuse(directory):
        raise OSError(f"the state directory {directory} is in use; choose another directory")

    runtime.open_embedded = refuse
    with pytest.raises(RuntimeUnavailable) as error:
        open_endpoint(LOCAL).__enter__()
    assert str(error.value) == (
        "the state directory .sagemaker is in use; choose another directory "
        "(SAGEMAKER_LOCAL_STATE names it)"
    )


def test_a_directory_that_another_command_uses_says_how_both_can(runtime):
    def refuse(directory):
        raise BlockingIOError("it is in use by process 7 (run.py); wait for it")

    runtime.open_embedded = refuse
    with pytest.raises(RuntimeUnavailable, match=r"wait for it .* start `python -m runtime` first"):
        open_endpoint(LOCAL).__enter__()


def test_a_runtime_that_serves_the_directory_is_used_instead(runtime):
    runtime.url = "http://127.0.0.1:8765"
    with open_endpoint(LOCAL) as endpoint:
        assert runtime.opened == []
        assert endpoint.aws.endpoint == "http://127.0.0.1:8765"
        assert endpoint.state == Path(".sagemaker")
        assert not endpoint.embedded


def test_other_environments_talk_to_aws_in_their_region():
    with open_endpoint(AWS) as endpoint:
        assert endpoint.label == "AWS eu-west-1"
        assert endpoint.state is None


def test_botocores_own_variable_redirects_them(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", "http://127.0.0.1:9")
    with open_endpoint(AWS) as endpoint:
        assert endpoint.label == "http://127.0.0.1:9"


def test_a_profile_that_does_not_exist_is_a_sentence(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ServiceError, match="set AWS_PROFILE, or `profile` of the environment"):
        open_endpoint(AWS).__enter__()


def test_the_profile_of_the_environment_is_used(monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile team-dev]\naws_access_key_id = a\naws_secret_access_key = b\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with open_endpoint(replace(AWS, profile="team-dev")) as endpoint:
        assert endpoint.label == "AWS eu-west-1"
    with pytest.raises(ServiceError, match=r"\(nobody\) could not be found"):
        open_endpoint(replace(AWS, profile="nobody")).__enter__()


@pytest.fixture
def caller(monkeypatch):
    """AWS answers that the credentials are of account 123456789012."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with mock_aws():
        yield


def test_only_the_environment_s_own_account_is_opened(caller):
    with open_endpoint(replace(AWS, account="123456789012")) as endpoint:
        assert endpoint.aws.account() == "123456789012"
    other = replace(AWS, account="210987654321")
    with pytest.raises(WrongAccount, match="'dev' is account 210987654321, but the credentials"):
        open_endpoint(other).__enter__()
    with open_endpoint(other, guarded=False) as endpoint:
        assert endpoint.label == "AWS eu-west-1"


def test_a_package_that_only_jobs_import_is_missed_before_anything_is_opened(runtime, monkeypatch):
    def refuse():
        raise ModuleNotFoundError(name="xgboost")

    monkeypatch.setattr("runtime.installed.check_installed", refuse)
    with pytest.raises(RuntimeUnavailable, match="needs 'xgboost', which is not installed"):
        open_endpoint(LOCAL).__enter__()
    assert runtime.opened == []


def test_without_the_runtimes_packages_the_error_says_how_to_get_them(monkeypatch):
    monkeypatch.setitem(sys.modules, "runtime.embedded", None)
    with pytest.raises(RuntimeUnavailable, match="not installed"):
        open_endpoint(LOCAL).__enter__()
