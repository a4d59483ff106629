from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._images import images
from pipelines.rules._subject import Subject


class FloatingImage(Rule):
    """An image has no tag, or the tag `latest`.

    What runs tomorrow may be another program than what ran today, and a cached step does not notice. XGBoost's
    `latest` is not even the newest.

    Wrong:
        {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/scoring:latest"}

    Right:
        {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/scoring:2024-05-01"}
    """

    code = "W9008"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member, text in images(subject):
            # Braces stand for what is known at start.
            if "@" in text or "{" in text or not text.strip():
                continue
            _, _, tag = text.rpartition("/")[2].partition(":")
            if tag in ("", "latest") and not text.endswith("/xgboost:latest"):
                found = "has the tag 'latest'" if tag else "has no tag, which means 'latest'"
                yield Match(
                    member.pointer,
                    f"'{text}' {found}; name a version (or a digest), so that runs can be repeated",
                )
