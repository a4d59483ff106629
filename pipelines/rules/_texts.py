"""Finds the texts of a JSON document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipelines.definition.expressions import escape
from pipelines.rules._subject import Subject


def document_texts(subject: Subject) -> tuple[tuple[str, str], ...]:
    """Every text of the definition with its JSON pointer; to be had by `subject.once`."""
    return tuple(texts(subject.definition.document))


def texts(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every text among the values of `value`, with its JSON pointer; not the keys of objects."""
    todo = [(pointer, value)]
    while todo:
        where, current = todo.pop()
        if isinstance(current, str):
            yield where, current
            continue
        inner: Iterable[tuple[Any, Any]] = ()
        if isinstance(current, Mapping):
            inner = current.items()
        elif isinstance(current, list):
            inner = enumerate(current)
        todo += [
            (f"{where}/{escape(str(key))}", member)
            for key, member in inner
            if isinstance(member, str | Mapping | list)
        ]


def last(pointer: str) -> str:
    """The last member that a JSON pointer names."""
    return pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
