"""The pages of buckets and objects: what is shown, what never runs, what is downloaded."""

from __future__ import annotations

import http.client
import io
import tarfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from runtime.ui import links

SCRIPT = "<script>alert(1)</script>"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def _contents() -> dict[str, bytes]:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as packed:
        for name in (f"../../{SCRIPT}", "model.json"):
            member = tarfile.TarInfo(name)
            member.size = 3
            packed.addfile(member, io.BytesIO(b"abc"))
    many = {f"many/{number:04d}.txt": b"x" for number in range(205)}
    return {
        "data/train/a.csv": f"id,{SCRIPT}\n1,=cmd()\n".encode(),
        "data/train/b.csv": b"x\n1\n",
        "page.html": SCRIPT.encode(),
        "picture": PNG,
        "icon.png": SVG,
        "model.tar.gz": archive.getvalue(),
        f'odd/{SCRIPT}"é\n.json': b'{"a": [1, 2]}',
        "odd//double/../x": b"plain",
        "empty": b"",
        **many,
    }


CONTENTS = _contents()


@pytest.fixture(scope="module")
def bucket(studio: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("objects")
    studio.runtime.objects.create_bucket("shown")
    for key, content in CONTENTS.items():
        path: Path = folder / "content"
        path.write_bytes(content)
        studio.runtime.objects.put("shown", key, path, content_type="text/html")
    return "shown"


def raw(studio: Any, path: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(urlsplit(studio.url).netloc, timeout=30)
    connection.request("GET", path, headers={"Sec-Fetch-Site": "none"})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer, data


def at(key: str) -> str:
    return links.object_(f"s3://shown/{key}")


def test_buckets_and_folders(studio: Any, bucket: str) -> None:
    assert f'href="{links.bucket(bucket)}"' in studio.get(links.url("objects")).text
    top = studio.get(links.bucket(bucket))
    plain = studio.elements(top.text).plain
    assert "data/" in plain
    assert "page.html" in plain
    assert "a.csv" not in plain
    assert "a.csv" in studio.get(links.bucket(bucket, "data/train/")).text


def test_a_long_listing_has_pages(studio: Any, bucket: str) -> None:
    first = studio.get(links.bucket(bucket, "many/"))
    assert "0199.txt" in first.text
    assert "0200.txt" not in first.text
    address = next(
        str(values["href"])
        for tag, values in studio.elements(first.text).tags
        if tag == "a" and "after=" in str(values.get("href"))
    )
    second = studio.get(address)
    assert "0200.txt" in second.text
    assert "0199.txt" not in second.text
    assert "First page" in second.text


def test_the_uri_of_a_prefix_leads_to_its_listing(studio: Any, bucket: str) -> None:
    for key in ("data/train", "data/train/"):
        answer = studio.get(at(key))
        assert (answer.status, answer.headers["location"]) == (
            303,
            links.bucket(bucket, "data/train/"),
        )
    nothing = studio.get(studio.get(at("nothing/here")).headers["location"])
    assert "No key begins with this." in nothing.text


def test_a_table_says_what_its_columns_hold(studio: Any, bucket: str) -> None:
    page = studio.get(at("data/train/a.csv"))
    plain = studio.elements(page.text).plain
    assert "1 row, 2 columns" in plain
    assert "integer" in plain
    assert "ETag" in plain
    assert SCRIPT not in page.text


def test_an_archive_is_listed_and_its_dangers_told(studio: Any, bucket: str) -> None:
    page = studio.get(at("model.tar.gz"))
    plain = studio.elements(page.text).plain
    assert f"../../{SCRIPT}" in plain
    assert "Dangerous to extract: a name that leads out of its folder" in plain
    assert "model.json" in plain
    assert SCRIPT not in page.text


@pytest.mark.parametrize("key", sorted(key for key in CONTENTS if "many" not in key))
def test_every_object_has_a_page_without_markup_of_its_own(
    studio: Any, bucket: str, key: str
) -> None:
    page = studio.get(at(key))
    assert page.status == 200
    tags = studio.elements(page.text).tags
    scripts = [values for tag, values in tags if tag == "script"]
    assert all(str(values.get("src", "")).startswith("/_studio/static/") for values in scripts)
    assert not [name for _, values in tags for name in values if name.startswith(("on", "style"))]


@pytest.mark.parametrize("key", sorted(key for key in CONTENTS if "many" not in key))
def test_a_download_is_the_object_and_nothing_a_browser_would_run(
    studio: Any, bucket: str, key: str
) -> None:
    answer, data = raw(studio, links.content(f"s3://shown/{key}", "download"))
    assert data == CONTENTS[key]
    assert answer.getheader("Content-Type") == "application/octet-stream"
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert "sandbox" in str(answer.getheader("Content-Security-Policy"))
    kind, _, name = str(answer.getheader("Content-Disposition")).partition("; filename*=UTF-8''")
    assert kind == "attachment"
    assert unquote(name) == key.rpartition("/")[2]


def test_only_pictures_are_shown_as_pictures(studio: Any, bucket: str) -> None:
    answer, data = raw(studio, links.content("s3://shown/picture", "image"))
    assert (answer.status, data) == (200, PNG)
    assert answer.getheader("Content-Type") == "image/png"
    assert "sandbox" in str(answer.getheader("Content-Security-Policy"))
    for key in ("icon.png", "page.html", "empty"):
        answer, _ = raw(studio, links.content(f"s3://shown/{key}", "image"))
        assert answer.status == 415, key
    assert "<img" in studio.get(at("picture")).text
    assert links.content("s3://shown/icon.png", "image") not in studio.get(at("icon.png")).text


@pytest.mark.parametrize(
    "path",
    [
        "objects/nothing",
        "objects/nothing?key=a",
        "objects/shown/download?key=nothing",
        "objects/shown/image?key=nothing",
        "objects/shown/download?key=../../lock",
        "objects/..%2f..?key=lock",
        "objects/shown/download",
    ],
)
def test_what_is_not_there(studio: Any, bucket: str, path: str) -> None:
    assert studio.get(f"/_studio/{path}").status == 404


def test_an_object_that_is_replaced_while_it_is_sent_stays_whole(
    studio: Any, bucket: str, tmp_path: Path
) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"a" * (8 << 20))
    studio.runtime.objects.put("shown", "many/large", large)
    connection = http.client.HTTPConnection(urlsplit(studio.url).netloc, timeout=30)
    connection.request("GET", links.content("s3://shown/many/large", "download"))
    answer = connection.getresponse()
    start = answer.read(10)
    large.write_bytes(b"b" * (8 << 20))
    studio.runtime.objects.put("shown", "many/large", large)
    assert set(start + answer.read()) == {ord("a")}
    connection.close()
