"""`open` where the endpoint is AWS; the rest is tested against a runtime."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from params.environment import load
from pipelines.deploy.aws import Aws
from pipelines.deploy.endpoint import Endpoint
from pipelines.deploy.executions import steer

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/tiny/execution/abcdefghijkl"
AWS = replace(load("local"), name="dev", runtime=None, region="eu-west-1")


class Domains:
    """Stands for the client: ListDomains alone."""

    def __init__(self, *found):
        self.found = found

    def get_paginator(self, operation):
        assert operation == "list_domains"
        return self

    def paginate(self):
        if self.found == ("denied",):
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "ListDomains")
        moments = {
            name: datetime(2026, 1, day, tzinfo=UTC) for day, name in enumerate(self.found, 1)
        }
        yield {
            "Domains": [
                {"DomainId": name, "Status": "InService", "LastModifiedTime": moment}
                for name, moment in moments.items()
            ]
        }


@pytest.fixture
def page(monkeypatch):
    def found(*domains):
        @contextmanager
        def open_endpoint(environment):
            yield Endpoint(Aws(Domains(*domains), None), "AWS")

        monkeypatch.setattr(steer, "open_endpoint", open_endpoint)
        return steer.page(AWS, ARN)[0]

    return found


def test_in_aws_the_page_is_studios(page):
    found = page("d-abc")
    assert found.url == (
        "https://studio-d-abc.studio.eu-west-1.sagemaker.aws/pipelines/view/tiny/executions/"
        "abcdefghijkl/graph"
    )
    assert found.note is None


def test_of_several_domains_it_is_the_one_changed_last_and_the_others_are_named(page):
    found = page("d-old", "d-new")
    assert "studio-d-new" in found.url
    assert found.note == "there are other Studio domains too: d-old"


@pytest.mark.parametrize(
    ("domains", "note"), [((), "eu-west-1 has no Studio domain"), (("denied",), "AccessDenied")]
)
def test_without_a_domain_it_is_the_console_and_the_reason(page, domains, note):
    found = page(*domains)
    assert found.url.startswith("https://eu-west-1.console.aws.amazon.com/sagemaker/")
    assert note in found.note
