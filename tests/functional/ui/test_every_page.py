"""What holds for every page, those that will be added too: found as the studio finds them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from runtime.ui.front import PREFIX
from runtime.ui.routes import Route, find_pages

ROUTES = find_pages().routes
# What a route's parts are filled with: what is there, what is not, and what nobody would call anything.
VALUES = ("nightly", "nothing", "1", "%3Cscript%3E", "..%2F..", "%00", "%C3%A9", "%ff", "x" * 300)


def addresses(route: Route) -> list[str]:
    return [PREFIX + re.sub(r"\{[a-z_]+\*?\}", value, route.pattern) for value in VALUES]


def named(route: Route) -> str:
    return f"{route.method} {route.pattern}"


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_any_name_in_an_address_gets_a_page_or_a_refusal(
    studio: Any, failed: str, route: Route
) -> None:
    for address in addresses(route):
        if route.method == "GET" and "/events" not in address:
            answer = studio.request("GET", address, Accept="text/html")
            assert answer.status in (200, 400, 404), address
            assert "<script>alert" not in answer.text


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_whatever_changes_something_wants_the_token(studio: Any, route: Route) -> None:
    for address in addresses(route):
        if route.method == "GET":
            assert studio.post(address).status in (403, 405)
        else:
            assert studio.post(address).status == 403


def test_no_two_pages_claim_one_address() -> None:
    claimed = [(route.method, re.sub(r"\{[a-z_]+", "{", route.pattern)) for route in ROUTES]
    assert len(claimed) == len(set(claimed))


@pytest.mark.parametrize("entry", find_pages().nav, ids=lambda entry: entry.label)
def test_every_entry_of_the_head_leads_to_a_page(studio: Any, entry: Any) -> None:
    assert studio.get(PREFIX + entry.path).status == 200
