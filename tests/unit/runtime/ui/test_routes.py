"""Addresses: written by links.py, read by routes.py, and never another client's."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.ui import links
from runtime.ui.front import PREFIX, with_studio
from runtime.ui.routes import Route, find_pages
from runtime.ui.web import Refused, read_request

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/house-price/execution/abc123"


def page(*_: Any) -> Any:
    raise AssertionError("not called")


@given(st.text(min_size=1, max_size=40).filter(lambda name: name.isprintable()))
def test_a_name_survives_its_address(name: str) -> None:
    route = Route("GET", "/pipelines/{pipeline}/start", page)
    address = links.start(name, like="x")
    path = address.removeprefix(PREFIX).partition("?")[0]
    assert route.match(path) == {"pipeline": name}


def test_the_rest_of_a_path_may_have_slashes() -> None:
    assert Route("GET", "/a/{rest*}", page).match("/a/b/c%20d") == {"rest": "b/c d"}
    assert Route("GET", "/a/{one}", page).match("/a/b/c") is None


def test_links_lead_to_pages() -> None:
    pages = find_pages()
    for address in (
        links.url(),
        links.pipeline("p"),
        links.start("p", like="x"),
        links.version("p", 1),
        links.compare("p", 1, 2),
        links.execution(ARN, "Train"),
        links.log(ARN, "Train", find="x"),
    ):
        assert pages.has(address.removeprefix(PREFIX).partition("?")[0]), address


def test_no_page_changes_anything_by_get() -> None:
    changing = {"start", "stop", "retry"}
    for route in find_pages().routes:
        if route.page.__name__ in changing:
            assert route.method == "POST"


@given(st.binary(max_size=60), st.text(max_size=60))
def test_any_request_is_read_or_refused(query: bytes, path: str) -> None:
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query.decode("latin-1"),
    }
    try:
        request = read_request(environ, PREFIX)
    except Refused as refused:
        assert refused.status == 400
    else:
        assert request.path


@pytest.mark.parametrize(
    ("environ", "ours"),
    [
        ({"PATH_INFO": f"{PREFIX}/", "HTTP_HOST": "127.0.0.1:1"}, True),
        ({"PATH_INFO": f"{PREFIX}x", "HTTP_HOST": "127.0.0.1:1"}, False),
        ({"PATH_INFO": "/", "HTTP_ACCEPT": "text/html,*/*"}, True),
        ({"PATH_INFO": "/", "HTTP_ACCEPT": "*/*"}, False),
        ({"PATH_INFO": "/", "HTTP_ACCEPT": "text/html", "HTTP_AUTHORIZATION": "AWS4"}, False),
        ({"PATH_INFO": f"{PREFIX}/", "HTTP_X_AMZ_TARGET": "SageMaker.ListPipelines"}, False),
        # A bucket in the host's name: the path is a key.
        ({"PATH_INFO": f"{PREFIX}/", "HTTP_HOST": "bucket.localhost:1"}, False),
        ({"PATH_INFO": "/bucket/key", "HTTP_ACCEPT": "text/html"}, False),
    ],
)
def test_clients_keep_their_addresses(
    environ: dict[str, str], ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def api(_: Any, start_response: Any) -> list[bytes]:
        return [b"api"]

    def studio(_: Any, start_response: Any) -> list[bytes]:
        return [b"studio"]

    monkeypatch.setattr("runtime.ui.front._load", lambda _: studio)
    application = with_studio(None, api)  # type: ignore[arg-type]
    answer = application({"REQUEST_METHOD": "GET", **environ}, lambda *_: None)
    assert (list(answer) != [b"api"]) is ours


@given(st.binary(max_size=200), st.sampled_from(["", "5", "400", "-1"]))
def test_any_form_is_read_or_refused(body: bytes, length: str) -> None:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": length,
        "wsgi.input": io.BytesIO(body),
    }
    try:
        form = read_request(environ, PREFIX).form
    except Refused as refused:
        assert refused.status == 400
    else:
        assert all(isinstance(value, str) for value in form.values())
