"""What an hour of an instance costs: a dated table in the repository, refreshed from AWS's public price list.

The list is the offer file of SageMaker in a region: no credentials are needed to read it. Of the prices of an
instance type for training, processing and transform jobs the table keeps the highest, as a ceiling wants it.
"""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.deploy.errors import DeployError

TABLE = Path(__file__).with_name("prices.json")
OFFERS = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonSageMaker/current/{region}/index.json"
HOME = "us-east-1"

_COMPONENTS = ("Training", "Processing", "Transform", "Batch Transform")
# The file of a large region is some 30 MB.
_MOST_BYTES = 512 * 2**20
_SECONDS = 60


@dataclass(frozen=True)
class Prices:
    """USD an hour by instance type, in `region`; `as_of` and `source` say how much they can be trusted."""

    region: str
    as_of: str
    source: str
    usd_an_hour: Mapping[str, float]


def load(region: str, path: Path = TABLE) -> Prices:
    """The region's prices, or those of us-east-1 where the table has none. Raises DeployError."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        found = region if region in table["regions"] else HOME
        entry = table["regions"][found]
        prices = {str(kind): _amount(price) for kind, price in entry["usd_an_hour"].items()}
        return Prices(found, str(entry["as_of"]), str(entry["source"]), prices)
    except OSError as error:
        raise DeployError(f"prices: {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DeployError(
            f"prices: {path.name} is not a table of prices ({error}); "
            "make it anew with: python -m pipelines.prices --refresh"
        ) from error


def refresh(region: str, url: str | None = None, path: Path = TABLE) -> Prices:
    """Read the region's offer file and put its prices into the table. Raises DeployError."""
    address = url or OFFERS.format(region=region)
    prices = read_offers(_fetch(address), region, address)
    regions = _regions(path)
    regions[region] = {
        "as_of": prices.as_of,
        "source": prices.source,
        "usd_an_hour": dict(sorted(prices.usd_an_hour.items(), key=_by_family)),
    }
    try:
        path.write_text(json.dumps({"regions": regions}, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise DeployError(f"prices: {path} cannot be written: {error.strerror}") from error
    return prices


def _regions(path: Path) -> dict[str, Any]:
    """What the table has; nothing where there is none or it is damaged, for that is why it is made anew."""
    try:
        regions = json.loads(path.read_text(encoding="utf-8"))["regions"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return regions if isinstance(regions, dict) else {}


def read_offers(body: bytes, region: str, address: str) -> Prices:
    """Read an offer file. Raises DeployError when it is none, or has no prices of instances."""
    try:
        offers = json.loads(body)
        prices = dict[str, float]()
        for kind, price in _entries(offers):
            prices[kind] = max(price, prices.get(kind, 0.0))
        as_of = str(offers["publicationDate"])[:10]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DeployError(f"prices: {address} is not an offer file ({error})") from error
    if not prices:
        raise DeployError(f"prices: {address} has no prices of ML instances for jobs")
    return Prices(region, as_of, address, prices)


def _entries(offers: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """(instance type, USD an hour) of every offer for jobs."""
    terms = offers["terms"]["OnDemand"]
    for sku, product in offers["products"].items():
        attributes = product.get("attributes", {})
        if product.get("productFamily") != "ML Instance":
            continue
        if attributes.get("component") not in _COMPONENTS or sku not in terms:
            continue
        for term in terms[sku].values():
            for dimension in term["priceDimensions"].values():
                price = _amount(float(dimension["pricePerUnit"]["USD"]))
                if price > 0:  # a free tier is no ceiling
                    yield str(attributes["instanceName"]), price


def _amount(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a price")
    return float(value)


def _by_family(entry: tuple[str, float]) -> tuple[str, float, str]:
    kind, price = entry
    return kind.rpartition(".")[0], price, kind


def _fetch(address: str) -> bytes:
    if not address.startswith(("https://", "http://")):
        raise DeployError(f"prices: {address} is not an http(s) address")
    try:
        # The scheme was checked above.
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310
            body: bytes = answer.read(_MOST_BYTES + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise DeployError(
            f"prices: {address} cannot be read: {reason}; check the network and the region"
        ) from error
    if len(body) > _MOST_BYTES:
        raise DeployError(f"prices: {address} is larger than {_MOST_BYTES // 2**20} MB")
    return body
