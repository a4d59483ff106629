from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.definition.expressions import is_expression
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_BROKEN = re.compile(r"s3:/(?!/)|s3:///|s3://(?:s3|https?):")
# Stands for a value that is not known yet.
_SOME = "..."


class JoinedUri(Rule):
    """A Std:Join builds an S3 URI with too few or too many slashes, or with two schemes.

    The first value of a join by "/" is "s3:/", and of a join by "" it is "s3://".

    Wrong:
        {"Std:Join": {"On": "/", "Values": ["s3://", {"Get": "Parameters.Bucket"}, "data"]}}

    Right:
        {"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.Bucket"}, "data"]}}
    """

    code = "E3020"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            for where, expression in step.expressions:
                joined = _joined(expression.get("Std:Join"), subject)
                if _BROKEN.match(joined):
                    yield Match(
                        where,
                        f"the text becomes '{joined[:60]}', which is no S3 URI (s3://BUCKET/KEY). Begin a join by '/' "
                        "with 's3:/' and a join by '' with 's3://'",
                    )


def _joined(join: Any, subject: Subject) -> str:
    if not isinstance(join, Mapping) or not isinstance(join.get("Values"), list):
        return ""
    on = join.get("On", "")
    return (on if isinstance(on, str) else "").join(
        _part(value, subject) for value in join["Values"]
    )


def _part(written: Any, subject: Subject) -> str:
    # A join in a join is looked at by itself.
    nested = isinstance(written, Mapping) and is_expression(written) and "Get" not in written
    value = None if nested else subject.value(written)
    return value if isinstance(value, str) else _SOME
