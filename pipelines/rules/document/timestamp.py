from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules._texts import document_texts, last

# What the SDK appends to names that nobody gave: 2024-01-31-12-59-59-123.
_STAMP = re.compile(r"\d{4}-[01]\d-[0-3]\d-[0-2]\d-[0-5]\d-[0-5]\d(?:-\d{3})?")
_CODE = re.compile(r"sourcedir\.tar\.gz|/(?:code|source|sm_code|sm_drivers)/|\.(?:py|sh)$")
_NAMES = ("sagemaker_submit_directory", "sagemaker_job_name")


class Timestamp(Rule):
    """The URI of uploaded code, or a job's name, holds the time at which the pipeline was composed.

    It differs whenever the pipeline is composed: each upsert looks like a change, and no step cache hits, because the
    request differs from the last one (aws/sagemaker-python-sdk#2736, #3651, #2940).

    Wrong:
        {"S3Uri": "s3://bucket/prepare-2024-01-31-12-59-59-123/input/code/prepare.py"}

    Right:
        {"S3Uri": "s3://bucket/code/5f0c1e/prepare.py"}
    """

    code = "W1022"

    def check(self, subject: Subject) -> Iterator[Match]:
        for where, text in subject.once(document_texts):
            stamp = _STAMP.search(text)
            if (
                stamp
                and where.startswith("/Steps/")
                and (_named(last(where)) or _CODE.search(text))
            ):
                named = _named(last(where))
                remedy = (
                    "Remove it, or write a fixed name"
                    if named
                    else "Upload the code to a place named by its content"
                )
                yield Match(
                    where,
                    f"'{stamp[0]}' is the time of composing: the text differs each time, so that every upsert is a "
                    f"change and step caches never hit. {remedy}",
                )


def _named(key: str) -> bool:
    return key.lower() in _NAMES or key.endswith("JobName")
