from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class WholeFile(Rule):
    """A Std:JsonGet has an empty Path, which takes the whole file.

    A condition or an argument takes one number, text or boolean, and a report is an object.

    Wrong:
        {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"}, "Path": ""}}

    Right:
        {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"}, "Path": "metrics.rmse.value"}}
    """

    code = "W3016"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            for where, expression in step.expressions:
                body = expression.get("Std:JsonGet")
                if isinstance(body, Mapping) and body.get("Path") in ("", "$"):
                    yield Match(
                        f"{where}/Std:JsonGet/Path",
                        "the path takes the whole file; name the value, such as 'metrics.rmse.value'",
                    )
