"""Every page without a script: what it says, and that it says it in HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runtime.ui import links


def test_a_browser_is_sent_from_the_root_and_clients_are_not(studio: Any) -> None:
    answer = studio.get("/")
    assert (answer.status, answer.headers["location"]) == (303, "/_studio/")
    assert "<ListAllMyBucketsResult" in studio.request("GET", "/").text
    signed = studio.request("GET", "/", Accept="text/html", Authorization="AWS4-HMAC-SHA256 x")
    assert "<ListAllMyBucketsResult" in signed.text


def test_the_first_page_says_why_the_last_execution_failed(studio: Any, failed: str) -> None:
    page = studio.get("/_studio/")
    assert page.status == 200
    assert "KeyError: &#39;no column price&#39;" in page.text
    assert f'href="{links.execution(failed)}"' in page.text


def test_an_execution_shows_what_failed_first(
    studio: Any, failed: str, page_of: Callable[..., str]
) -> None:
    page = studio.get(page_of(failed))
    plain = studio.elements(page.text).plain
    assert "Why it failed" in plain
    assert "The last line of its log" in plain
    assert "KeyError: 'no column price'" in plain
    assert "What to do:" in plain
    assert "Not run" in plain
    nodes = [values for tag, values in studio.elements(page.text).tags if "data-name" in values]
    assert {node["data-name"]: node["class"] for node in nodes} == {
        "First": "node good",
        "Load": "node bad chosen",
        "Report": "node idle",
    }


def test_another_step_can_be_chosen(studio: Any, failed: str, page_of: Callable[..., str]) -> None:
    page = studio.get(page_of(failed, "First"))
    assert "PrimaryContainer" in page.text
    assert "Needed by" in page.text
    assert studio.get(page_of(failed, "Nothing")).status == 404


def test_parameters_are_those_of_the_execution(
    studio: Any, failed: str, page_of: Callable[..., str]
) -> None:
    plain = studio.elements(studio.get(page_of(failed)).text).plain
    assert "given at start" in plain
    assert "0.5" in plain


def test_a_log_is_shown_whole_and_searched(studio: Any, failed: str) -> None:
    whole = studio.get(links.log(failed, "Load"))
    assert "Traceback" in whole.text
    found = studio.get(links.log(failed, "Load", find="KeyError -Traceback"))
    assert "Traceback (most" not in found.text
    assert "<mark>KeyError</mark>" in found.text
    refused = studio.get(links.log(failed, "Load", find="{ $.x = 1 }"))
    assert "Invalid filter pattern" in refused.text
    assert "No line has that" in studio.get(links.log(failed, "Load", find="zebra")).text


def test_the_end_of_a_log_can_be_followed(studio: Any, failed: str) -> None:
    whole = studio.get(links.log(failed, "Load"))
    assert "Follow the end" in whole.text
    end = studio.get(links.log(failed, "Load", end="1"))
    assert "data-follow" in end.text
    assert "KeyError" in end.text


def test_a_step_without_a_job_has_no_log(studio: Any, failed: str) -> None:
    assert studio.get(links.log(failed, "First")).status == 404
    assert studio.get(links.log(failed, "Nothing")).status == 404


def test_a_pipeline_and_its_versions(studio: Any) -> None:
    studio.create("versions", studio.model("Keep"), studio.model("Old"))
    studio.update("versions", studio.model("New"), studio.model("Keep"))
    page = studio.get(links.pipeline("versions"))
    assert "It has not been started yet." in page.text
    assert links.compare("versions", 1, 2).replace("&", "&amp;") in page.text
    difference = studio.elements(studio.get(links.compare("versions", 1, 2)).text).plain
    assert "Step New added" in difference
    assert "Step Old removed" in difference
    assert "2 changes" in difference
    assert "Steps.New" in difference
    assert "Keep" not in difference
    same = studio.get(links.compare("versions", 2, 2))
    assert "mean the same" in same.text
    assert "Old" in studio.get(links.version("versions", 1)).text


def test_versions_that_only_differ_in_order_mean_the_same(studio: Any) -> None:
    one, other = studio.model("One"), studio.model("Other")
    studio.create("turned", one, other)
    studio.update("turned", other, one)
    assert "mean the same" in studio.get(links.compare("turned", 1, 2)).text


@pytest.mark.parametrize(
    "path",
    [
        "/_studio/pipelines/nothing",
        "/_studio/pipelines/nothing/start",
        "/_studio/pipelines/nothing/executions/abcdefghijkl",
        "/_studio/pipelines/nothing/versions/1",
        "/_studio/pipelines/nothing/compare",
        "/_studio/nowhere",
        "/_studio/pipelines/%00%ff/versions/x",
    ],
)
def test_what_is_not_there_is_said_politely(studio: Any, path: str) -> None:
    page = studio.get(path)
    assert page.status in (400, 404)
    assert 'role="alert"' in page.text


def test_every_id_is_there_once_and_every_control_has_a_name(
    studio: Any, failed: str, page_of: Callable[..., str]
) -> None:
    for path in ("/_studio/", page_of(failed), links.pipeline("nightly"), links.start("nightly")):
        tags = studio.elements(studio.get(path).text).tags
        ids = [values["id"] for _, values in tags if "id" in values]
        assert len(ids) == len(set(ids)), path
        labelled = {values.get("for") for tag, values in tags if tag == "label"}
        for tag, values in tags:
            if tag in ("input", "select") and values.get("type") != "hidden":
                assert values.get("id") in labelled or tag == "select", (path, values)
