"""The stream of a page: sent when it changes, and no longer than the server wants."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from runtime.serving import serve
from runtime.ui import links


def opened(
    url: str, page: str, window: str = ""
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    path = page.removeprefix("/_studio")
    connection.request("GET", f"/_studio/events?window={window}&page={quote(path, safe='')}")
    return connection, connection.getresponse()


def events(answer: http.client.HTTPResponse) -> Iterator[tuple[str, str]]:
    """Names and data of the events, as a browser reads them."""
    name, data = "", []
    for raw in iter(answer.readline, b""):
        line = raw.decode().rstrip("\n")
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not line and name:
            yield name, "\n".join(data)
            name, data = "", []


def test_a_page_comes_again_when_it_has_changed(
    studio: Any, running: tuple[str, Path], page_of: Callable[..., str]
) -> None:
    arn, gate = running
    connection, answer = opened(studio.url, page_of(arn, "Crawl"))
    assert answer.getheader("Content-Type") == "text/event-stream"
    seen = events(answer)
    _, text = next(seen)
    assert "After, Model: Waiting" in text
    gate.touch()
    for name, text in seen:
        assert name == "page"
        if "After, Model: Succeeded" in text and "released" in text:
            break
    answer.close()
    connection.close()


def test_what_runs_is_written_without_the_clock(
    studio: Any, running: tuple[str, Path], page_of: Callable[..., str], wait_for: Any
) -> None:
    arn, _ = running
    wait_for(lambda: "begun" in studio.get(page_of(arn, "Crawl")).text)
    first = studio.get(page_of(arn, "Crawl")).text
    threading.Event().wait(1.1)
    assert studio.get(page_of(arn, "Crawl")).text == first


@pytest.mark.parametrize("page", ["/nowhere", "/events?page=/", "/static/studio.css", ""])
def test_only_pages_can_be_followed(studio: Any, page: str) -> None:
    connection, answer = opened(studio.url, page)
    assert answer.status == 404
    answer.close()
    connection.close()


def test_streams_leave_threads_for_others(tmp_path: Path) -> None:
    with serve(tmp_path / "state") as server:
        streams = [opened(server.url, links.url()) for _ in range(9)]
        assert sorted(answer.status for _, answer in streams) == [200] * 8 + [503]
        with closing(http.client.HTTPConnection(urlsplit(server.url).netloc)) as connection:
            connection.request("GET", links.url())
            assert connection.getresponse().status == 200
        for connection, answer in streams:
            answer.close()
            connection.close()


def test_a_window_follows_one_page(tmp_path: Path) -> None:
    with serve(tmp_path / "state") as server:
        streams = [opened(server.url, links.url(), window="w") for _ in range(20)]
        assert {answer.status for _, answer in streams} == {200}
        assert next(events(streams[-1][1]))[0] == "page"
        assert b"".join(iter(streams[0][1].readline, b"")).endswith(b"\n\n")  # it has ended
        for connection, answer in streams:
            answer.close()
            connection.close()


def test_a_browser_that_has_gone_gives_its_place_back(tmp_path: Path, wait_for: Any) -> None:
    with serve(tmp_path / "state") as server:
        for connection, answer in [opened(server.url, links.url()) for _ in range(8)]:
            answer.close()
            connection.close()

        def free() -> bool:
            connection, answer = opened(server.url, links.url())
            answer.close()
            connection.close()
            return answer.status == 200

        wait_for(free)


def test_a_server_ends_with_open_streams(tmp_path: Path) -> None:
    with serve(tmp_path / "state") as server:
        connection, answer = opened(server.url, links.url())
        assert next(events(answer))[0] == "page"
        began = time.monotonic()
    assert time.monotonic() - began < 10
    answer.close()
    connection.close()
