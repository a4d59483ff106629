from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.definition.expressions import escape
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_KEY = re.compile(r"[A-Za-z0-9\-_]{1,128}")
_LONGEST = 1024


class Metadata(Rule):
    """The Metadata of the definition has a key or a value that is not allowed.

    Keys have 1 to 128 letters, digits, hyphens and underscores; values are texts of up to 1024 characters.

    Wrong:
        {"Metadata": {"git commit": 12345}}

    Right:
        {"Metadata": {"git-commit": "12345"}}
    """

    code = "E1012"

    def check(self, subject: Subject) -> Iterator[Match]:
        metadata = subject.definition.document.get("Metadata")
        if metadata is None:
            return
        if not isinstance(metadata, Mapping):
            yield Match("/Metadata", "must be an object of texts, such as {}")
            return
        for key, value in metadata.items():
            where = f"/Metadata/{escape(key)}"
            if not _KEY.fullmatch(key):
                yield Match(
                    where, "the key must be 1 to 128 letters, digits, hyphens and underscores"
                )
            if problem := _value_problem(value):
                yield Match(where, problem)


def _value_problem(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"the value must be a text but got {type(value).__name__}; write it in quotes"
    if len(value) > _LONGEST:
        return f"the value has {len(value)} characters; {_LONGEST} are allowed"
    return None
