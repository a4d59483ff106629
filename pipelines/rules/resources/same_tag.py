from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, entries


class SameTag(Rule):
    """Two tags of one request have the same key.

    A resource has one value per key; the request is refused.

    Wrong:
        {"Tags": [{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}]}

    Right:
        {"Tags": [{"Key": "team", "Value": "a"}]}
    """

    code = "E9023"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member in subject.members:
            if member.shape != "TagList":
                continue
            first: dict[str, int] = {}
            for index, tag in entries(member.value):
                key = subject.rendered(tag.get("Key"))
                if key and first.setdefault(key, index) != index:
                    yield Match(
                        f"{member.pointer}/{index}/Key",
                        f"'{key}' is the key of tag {first[key]} too",
                    )
