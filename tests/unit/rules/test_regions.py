"""Rules that compare with the region of the environment, which cases of documents do not have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.rules._engine import validate

CASES = Path(__file__).parents[2] / "cases"
HOUSE_PRICE = (CASES / "definitions/house-price.json").read_text()


@pytest.mark.parametrize(
    ("region", "codes"), [("us-east-1", set()), ("eu-west-1", {"E9005", "W9019"}), (None, set())]
)
def test_images_and_default_buckets_belong_to_the_region(
    region: str | None, codes: set[str]
) -> None:
    found = validate(HOUSE_PRICE, region=region)

    assert {each.code for each in found if each.code[1] == "9"} == codes


def test_the_account_in_the_right_region_is_told() -> None:
    found = [each for each in validate(HOUSE_PRICE, region="eu-west-1") if each.code == "E9005"]

    assert any("there it is in account 141502667606" in each.message for each in found)
    assert any("there it is in account 438346466558" in each.message for each in found)


def test_an_image_whose_account_is_another_regions_has_one_finding_per_mistake() -> None:
    document = json.loads(
        HOUSE_PRICE.replace(".us-east-1.amazonaws.com", ".eu-west-1.amazonaws.com")
    )

    found = validate(json.dumps(document), region="eu-west-1")

    assert {each.code for each in found if each.code[1] == "9"} == {"E9004", "W9019"}
