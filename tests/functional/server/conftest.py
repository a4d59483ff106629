"""One runtime for the folder; every test sees it embedded and served."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from runtime.embedded import Embedded, open_embedded

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with open_embedded(tmp_path_factory.mktemp("state")) as opened:
        yield opened


@pytest.fixture(scope="module")
def url(embedded: Embedded) -> Iterator[str]:
    with embedded.runtime.endpoint() as opened:
        assert opened is not None
        yield opened


@pytest.fixture(scope="module", params=["embedded", "served"])
def client(request: pytest.FixtureRequest, embedded: Embedded, url: str) -> Callable[[str], Any]:
    """Makes boto3 clients, in this process or over a loopback port."""
    if request.param == "embedded":
        return embedded.boto_session("us-east-1").client
    session = boto3.Session(
        aws_access_key_id="any", aws_secret_access_key="any", region_name="us-east-1"
    )

    def make(service: str, **options: Any) -> Any:
        return session.client(service, endpoint_url=url, **options)

    return make


@pytest.fixture(scope="module")
def s3(client: Callable[[str], Any]) -> Any:
    return client("s3")


@pytest.fixture(scope="module")
def sagemaker(client: Callable[[str], Any]) -> Any:
    return client("sagemaker")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"bucket-{next(_NUMBERS)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def name() -> str:
    """A name no other test uses."""
    return f"name-{next(_NUMBERS)}"
