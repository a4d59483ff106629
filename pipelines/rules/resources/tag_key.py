from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class TagKey(Rule):
    """A tag's key begins with `aws:`.

    That prefix is AWS's own; the request is refused.

    Wrong:
        {"Tags": [{"Key": "aws:team", "Value": "prices"}]}

    Right:
        {"Tags": [{"Key": "team", "Value": "prices"}]}
    """

    code = "E9022"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member in subject.members:
            if member.shape == "TagKey":
                key = subject.rendered(member.value) or ""
                if key.lower().startswith("aws:"):
                    yield Match(
                        member.pointer, f"'{key}' begins with aws:, which AWS keeps to itself"
                    )
