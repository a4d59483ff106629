from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.definition.expressions import is_expression
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class JsonSource(Rule):
    """The S3Uri of a Std:JsonGet is no S3 URI, or is built of other functions.

    It is a text or one Std:Join of texts, parameters, execution variables and properties, without another Std:Join
    or Std:JsonGet in it.

    Wrong:
        {"Std:JsonGet": {"S3Uri": {"Std:Join": {"On": "/", "Values": [{"Std:Join": {...}}, "r.json"]}}, "Path": "rmse"}}

    Right:
        {"Std:JsonGet": {"S3Uri": {"Std:Join": {"On": "/", "Values": ["s3:/", "bucket", "r.json"]}}, "Path": "rmse"}}
    """

    code = "E3017"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            for where, expression in step.expressions:
                body: Any = expression.get("Std:JsonGet")
                uses_uri = isinstance(body, Mapping) and "S3Uri" in body
                if uses_uri and (problem := _problem(body["S3Uri"])):
                    yield Match(f"{where}/Std:JsonGet/S3Uri", problem)


def _problem(uri: Any) -> str | None:
    if isinstance(uri, str):
        return None if uri.startswith("s3://") else f"'{uri}' is no S3 URI: it starts with s3://"
    if not is_expression(uri):
        return "must be a text such as s3://bucket/report.json, or a Std:Join"
    join = uri.get("Std:Join")
    if "Std:JsonGet" in uri or (isinstance(join, Mapping) and _has_function(join.get("Values"))):
        return "must not have a Std:Join or Std:JsonGet in it: write one flat Std:Join"
    return None


def _has_function(values: Any) -> bool:
    return isinstance(values, list) and any(
        is_expression(value) and "Get" not in value for value in values
    )
