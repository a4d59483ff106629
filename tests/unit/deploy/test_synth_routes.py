"""Both ways of writing a composition give the same bytes."""

from __future__ import annotations

import json

import pytest

from runtime.server.definitions import accept_definition


@pytest.fixture(scope="module")
def both(synthesise_file):
    return synthesise_file("twins", "producers.py"), synthesise_file("twins", "exact.py")


def test_producers_and_exact_requests_synthesise_to_the_same_bytes(both):
    producers, exact = both
    assert json.loads(producers.definition) == json.loads(exact.definition)  # the readable diff
    assert producers.definition == exact.definition


def test_a_script_that_a_producer_uploads_becomes_a_content_addressed_asset(both):
    producers, exact = both
    assert [asset.key for asset in producers.assets] == [asset.key for asset in exact.assets]
    [asset] = producers.assets
    assert asset.path.name == "script.py"
    assert asset.uri in producers.definition


def test_the_runtime_accepts_what_both_make(both):
    for synthesised in both:
        assert accept_definition(synthesised.definition).steps
