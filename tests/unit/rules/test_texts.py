from __future__ import annotations

from pipelines.rules._texts import last, texts


def test_every_text_is_found_with_its_pointer() -> None:
    value = {"a/b": ["x", {"c~d": "y", "n": 1}], "e": None, "f": "z"}
    assert sorted(texts(value, "/root")) == [
        ("/root/a~1b/0", "x"),
        ("/root/a~1b/1/c~0d", "y"),
        ("/root/f", "z"),
    ]


def test_a_text_alone_is_one() -> None:
    assert list(texts("x")) == [("", "x")]


def test_the_last_member_of_a_pointer_is_unescaped() -> None:
    assert last("/a/b~1c~0d") == "b/c~d"
