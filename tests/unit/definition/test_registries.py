"""The registries' facts are those of the SDK, whose tables the deployer's own images come from."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.registries import REPOSITORIES, EcrImage, parse_image, regions_of

SOURCES = {
    "sagemaker-xgboost": ("xgboost", "3.0-5"),
    "xgboost": ("xgboost", "1"),
    "linear-learner": ("linear-learner", "1"),
    "sagemaker-scikit-learn": ("sklearn", "1.4-2"),
}


def versions(framework: str) -> Any:
    path = files("sagemaker.core") / "image_uri_config" / f"{framework}.json"
    tables = json.loads(path.read_text(encoding="utf-8"))
    return tables.get("training", tables)["versions"]


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_accounts_are_those_of_the_sdk(repository: str) -> None:
    framework, version = SOURCES[repository]

    table = versions(framework)[version]

    assert table["repository"] == repository
    assert REPOSITORIES[repository].accounts == table["registries"]


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_every_version_of_the_sdk_has_its_tag(repository: str) -> None:
    known = REPOSITORIES[repository]
    for version, table in versions(SOURCES[repository][0]).items():
        if table["repository"] == repository:
            assert any(tag in (version, f"{version}-cpu-py3") for tag in known.tags), version
    assert set(known.retired) <= set(known.tags)
    assert set(known.cpu_only) <= set(known.tags)


@pytest.mark.parametrize(
    ("uri", "image"),
    [
        (
            "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5",
            EcrImage("683313688378", "us-east-1", "sagemaker-xgboost", "3.0-5", ""),
        ),
        (
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/own@sha256:00",
            EcrImage("123456789012", "cn-north-1", "team/own", "", "sha256:00"),
        ),
        ("public.ecr.aws/docker/python:3.11", None),
        ("683313688378.dkr.ecr.{Parameters.Region}.amazonaws.com/sagemaker-xgboost:3.0-5", None),
        ("", None),
    ],
)
def test_image_uris(uri: str, image: EcrImage | None) -> None:
    assert parse_image(uri) == image


@given(st.text())
def test_any_text_is_an_image_or_none(uri: str) -> None:
    parse_image(uri)


def test_an_account_knows_its_regions() -> None:
    assert regions_of("683313688378") == ("us-east-1",)
    assert regions_of("123456789012") == ()
