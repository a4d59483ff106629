from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.deploy.errors import DeployError
from pipelines.deploy.planning import prices

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["products", "terms", "OnDemand", "publicationDate", "regions", "x"]), inner
    ),
    max_leaves=15,
)


def offer(kind, component, price, family="ML Instance"):
    product = {
        "productFamily": family,
        "attributes": {"instanceName": kind, "component": component},
    }
    dimension = {"unit": "Hrs", "pricePerUnit": {"USD": price}}
    return product, {"t": {"priceDimensions": {"d": dimension}}}


def offers(*entries):
    return json.dumps(
        {
            "publicationDate": "2026-10-01T00:00:00Z",
            "products": {str(n): product for n, (product, _) in enumerate(entries)},
            "terms": {"OnDemand": {str(n): term for n, (_, term) in enumerate(entries)}},
        }
    ).encode()


def test_the_table_of_the_repository_is_dated_and_has_a_source():
    table = prices.load("us-east-1")
    assert table.usd_an_hour["ml.m5.xlarge"] == 0.23
    assert table.as_of
    assert table.source


def test_a_region_without_prices_gets_those_of_the_home_region_and_says_so():
    assert prices.load("eu-north-1").region == "us-east-1"


def test_the_highest_price_for_jobs_counts():
    body = offers(
        offer("ml.a", "Training", "0.10"),
        offer("ml.a", "Processing", "0.12"),
        offer("ml.a", "Hosting", "9.99"),
        offer("ml.a", "Training", "0.00"),
        offer("ml.a", "Training", "7.0", family="ML Storage"),
    )
    found = prices.read_offers(body, "eu-west-1", "here")
    assert found.usd_an_hour == {"ml.a": 0.12}
    assert (found.as_of, found.source, found.region) == ("2026-10-01", "here", "eu-west-1")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", offers(), b"[" * 99999])
def test_what_is_no_offer_file_is_refused(body):
    with pytest.raises(DeployError, match="here"):
        prices.read_offers(body, "eu-west-1", "here")


@given(JSON)
def test_no_document_makes_reading_crash(document):
    try:
        prices.read_offers(json.dumps(document).encode(), "eu-west-1", "here")
    except DeployError as error:
        assert "here" in str(error)


@pytest.mark.parametrize(
    "text", ["", "{}", '{"regions": {"us-east-1": {"usd_an_hour": {"ml.a": "x"}}}}', "[1"]
)
def test_a_damaged_table_says_how_to_make_it_anew(tmp_path, text):
    path = tmp_path / "prices.json"
    path.write_text(text)
    with pytest.raises(DeployError, match=r"pipelines\.prices --refresh"):
        prices.load("us-east-1", path)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://x", "nonsense"])
def test_only_http_is_read(tmp_path, url):
    with pytest.raises(DeployError, match="is not an http"):
        prices.refresh("us-east-1", url, tmp_path / "prices.json")
