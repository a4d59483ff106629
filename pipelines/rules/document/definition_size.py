from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_MOST = 1_048_576


class DefinitionSize(Rule):
    """The definition is longer than a pipeline definition may be.

    CreatePipeline and UpdatePipeline take 1,048,576 characters. What makes definitions long is data in them: lists
    of files, SQL, code. Put it into S3 and pass the URI.

    Wrong:
        {"ContainerArguments": ["--sql", "SELECT ... a megabyte of text"]}

    Right:
        {"ContainerArguments": ["--sql-file", "/opt/ml/processing/input/sql/query.sql"]}
    """

    code = "E1010"

    def check(self, subject: Subject) -> Iterator[Match]:
        if len(subject.text) > _MOST:
            yield Match(
                "",
                f"the definition has {len(subject.text):,} characters; SageMaker takes {_MOST:,}. "
                "Move long texts and lists to S3 and pass their URI, or split the pipeline",
            )
