from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.registries import REPOSITORIES
from pipelines.rules._base import Match, Rule
from pipelines.rules._images import images
from pipelines.rules._subject import Subject

# AWS's own images that have no other tag.
_ONLY = ("sagemaker-model-monitor-analyzer", "sagemaker-debugger-rules")


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
            repository, _, tag = text.rpartition("/")[2].partition(":")
            # The old XGBoost's only tags; W9006 tells.
            if tag not in ("", "latest") or repository in ("xgboost", *_ONLY):
                continue
            known = REPOSITORIES.get(repository)
            such = f" such as {known.tags[-1]} or {known.tags[-2]}" if known else ", or a digest"
            found = "has the tag 'latest'" if tag else "has no tag, which means 'latest'"
            yield Match(
                member.pointer,
                f"'{text}' {found}; name a version{such}, so that runs can be repeated",
            )
