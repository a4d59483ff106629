"""Filters, order and pages of List* operations."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.api import ApiError
from runtime.server.operations._shared import Listing, page

JOBS = Listing("Jobs", name="Name", status="Status")


def jobs(count: int) -> list[dict[str, Any]]:
    return [
        {"Name": f"job-{number:03d}", "CreationTime": float(number // 2), "Status": "Completed"}
        for number in range(count)
    ]


def all_pages(request: dict[str, Any], entries: list[dict[str, Any]]) -> list[str]:
    names: list[str] = []
    token = None
    while True:
        answer = page({**request, "NextToken": token}, entries, JOBS)
        names += [entry["Name"] for entry in answer["Jobs"]]
        token = answer.get("NextToken")
        if token is None:
            return names


@given(st.integers(0, 30), st.integers(1, 12), st.sampled_from(["Ascending", "Descending"]))
def test_pages_together_are_the_whole_list_in_order(count: int, size: int, order: str) -> None:
    expected = [f"job-{number:03d}" for number in range(count)]
    names = all_pages({"MaxResults": size, "SortOrder": order}, jobs(count))
    assert names == (expected if order == "Ascending" else expected[::-1])


def test_what_is_added_between_two_pages_repeats_nothing() -> None:
    entries = jobs(4)
    first = page({"MaxResults": 2, "SortOrder": "Descending"}, entries, JOBS)
    entries.append({"Name": "newest", "CreationTime": 99.0})
    second = page(
        {"MaxResults": 2, "SortOrder": "Descending", "NextToken": first["NextToken"]}, entries, JOBS
    )
    assert [entry["Name"] for entry in second["Jobs"]] == ["job-001", "job-000"]


def test_filters_come_before_the_page() -> None:
    entries = [*jobs(4), {"Name": "other", "CreationTime": 9.0, "Status": "Failed"}]
    assert page({"StatusEquals": "Failed", "MaxResults": 1}, entries, JOBS) == {
        "Jobs": [entries[-1]]
    }
    assert [e["Name"] for e in page({"NameContains": "OTH"}, entries, JOBS)["Jobs"]] == ["other"]
    late = page({"CreationTimeAfter": 0.0, "CreationTimeBefore": 9.0}, entries, JOBS)
    assert [e["Name"] for e in late["Jobs"]] == ["job-002", "job-003"]


def test_entries_without_the_sort_value_are_listed_too() -> None:
    entries = [{"Name": "b"}, {"Name": "a", "Status": "x"}, {"Name": "c"}]
    assert all_pages({"SortBy": "Status", "MaxResults": 1}, entries) == ["b", "c", "a"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
forged = json_values.map(lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()))
places = st.lists(json_values, min_size=3, max_size=3).map(
    lambda place: base64.urlsafe_b64encode(
        json.dumps(["Jobs:CreationTime:Ascending", *place]).encode()
    )
)


@given(st.text(min_size=1, max_size=40) | forged.map(bytes.decode))
def test_a_token_of_ones_own_making_is_refused(token: str) -> None:
    with pytest.raises(ApiError, match="NextToken"):
        page({"NextToken": token}, jobs(3), JOBS)


@given(places.map(bytes.decode))
def test_a_forged_place_gives_a_page_or_a_refusal(token: str) -> None:
    try:
        assert len(page({"NextToken": token}, jobs(3), JOBS)["Jobs"]) <= 3
    except ApiError as error:
        assert error.code == "ValidationException"


def test_a_token_of_another_list_is_refused() -> None:
    token = page({"MaxResults": 1}, jobs(3), JOBS)["NextToken"]
    with pytest.raises(ApiError, match="NextToken"):
        page({"NextToken": token}, jobs(3), Listing("Others", name="Name"))


def test_a_token_does_not_fit_another_order() -> None:
    token = page({"MaxResults": 1}, jobs(3), JOBS)["NextToken"]
    with pytest.raises(ApiError, match="NextToken"):
        page({"NextToken": token, "SortOrder": "Descending"}, jobs(3), JOBS)
