"""What other sites, hostile names and hostile logs could try."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.ui import links
from runtime.ui.app import HEADERS


def test_nothing_of_the_data_becomes_markup(
    studio: Any, failed: str, page_of: Callable[..., str]
) -> None:
    for path in (
        "/_studio/",
        page_of(failed, "Load"),
        links.log(failed, "Load"),
        links.log(failed, "Load", find="<script>alert"),
        links.pipeline("nightly"),
        links.pipeline("<script>alert(1)</script>"),
    ):
        page = studio.get(path)
        tags = studio.elements(page.text).tags
        scripts = [values for tag, values in tags if tag == "script"]
        assert all(str(values.get("src", "")).startswith("/_studio/static/") for values in scripts)
        assert not [values for tag, values in tags if tag == "img" and values.get("src") == "x"]
        inline = [name for _, values in tags for name in values if name.startswith(("on", "style"))]
        assert inline == [], path


def test_every_answer_forbids_what_is_not_ours(studio: Any) -> None:
    for path in ("/_studio/", "/_studio/nowhere", "/_studio/static/studio.css"):
        headers = studio.get(path).headers
        for name, value in HEADERS.items():
            assert headers[name.lower()] == value
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy


def test_a_name_of_another_site_is_refused(studio: Any) -> None:
    assert studio.request("GET", "/_studio/", Host="evil.example").status == 403


@pytest.mark.parametrize("token", [None, "", "wrong", "é"])
def test_a_form_without_our_token_changes_nothing(
    studio: Any, running: tuple[str, Path], token: str | None
) -> None:
    arn, _ = running
    form = {} if token is None else {"token": token}
    assert studio.post(links.act(arn, "stop"), **form).status == 403
    described = studio.call("DescribePipelineExecution", PipelineExecutionArn=arn)
    assert described["PipelineExecutionStatus"] == "Executing"


def test_a_page_of_another_site_cannot_send_a_form(
    studio: Any, running: tuple[str, Path], page_of: Callable[..., str]
) -> None:
    arn, _ = running
    token = studio.get(page_of(arn)).token
    answer = studio.request(
        "POST",
        links.act(arn, "stop"),
        f"token={token}",
        Origin="http://evil.example",
        Content_Type="application/x-www-form-urlencoded",
    )
    assert answer.status == 403


def test_what_changes_state_does_not_answer_get(studio: Any, failed: str) -> None:
    before = studio.call("ListPipelineExecutions", PipelineName="nightly")
    for action in ("stop", "retry"):
        assert studio.get(links.act(failed, action)).status == 405
    studio.get(f"{links.start('nightly')}?parameter.Rate=1&token=x")
    assert studio.call("ListPipelineExecutions", PipelineName="nightly") == before


def test_forms_of_other_kinds_are_refused(studio: Any, failed: str) -> None:
    address = links.act(failed, "retry")
    assert studio.request("POST", address, "{}", Content_Type="application/json").status == 415
    large = f"token={'x' * (1024 * 1024)}"
    kind = "application/x-www-form-urlencoded"
    assert studio.request("POST", address, large, Content_Type=kind).status == 413


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fapp.py",
        "%2e%2e/app.py",
        "../app.py",
        "..%5capp.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "studio.css%00",
        "README.md",
        "",
    ],
)
def test_only_our_own_files_are_served(studio: Any, name: str) -> None:
    assert studio.get(f"/_studio/static/{name}").status == 404


def test_our_own_files_may_be_kept(studio: Any) -> None:
    page = studio.get("/_studio/")
    sheets = [v["href"] for tag, v in studio.elements(page.text).tags if tag == "link"]
    for address in sheets:
        answer = studio.get(address)
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
    assert page.headers["cache-control"] == "no-store"


def test_an_object_that_a_browser_opens_is_in_a_sandbox(studio: Any, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("<script>fetch('/_studio/')</script>")
    studio.runtime.objects.put("data", "report.html", report, content_type="text/html")
    opened = studio.request("GET", "/data/report.html", Sec_Fetch_Site="none", Accept="text/html")
    assert opened.headers["content-security-policy"] == "sandbox"
    # Clients get what S3 gives them.
    assert "content-security-policy" not in studio.request("GET", "/data/report.html").headers


def test_a_bug_shows_no_traceback(
    studio: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("runtime.ui.site.Site.each", broken)
    page = studio.get("/_studio/")
    assert page.status == 500
    assert "secret detail" not in page.text
    assert "secret detail" in capfd.readouterr().err
