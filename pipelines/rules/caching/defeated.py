from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.caching._volatile import Volatile, analyse


class Defeated(Rule):
    """A cached step compares something that is new in every execution, so that its cache never hits.

    An execution id, a date, or the name of the job, in a part of the request that is compared. Where a step writes to
    is not compared: an execution id belongs there, and nowhere else.

    Wrong:
        {"Type": "Training", "CacheConfig": {...}, "Arguments": {"Environment": {"RUN": {"Get": "Execution.PipelineExecutionId"}}}}

    Right:
        {"Type": "Training", "CacheConfig": {...}, "Arguments": {"OutputDataConfig": {"S3OutputPath": {"Std:Join": {"On": "/", "Values": ["s3://bucket", {"Get": "Execution.PipelineExecutionId"}]}}}}}
    """

    code = "W6014"

    def check(self, subject: Subject) -> Iterator[Match]:
        analysis = subject.once(analyse)
        for name, found in analysis.missing.items():
            first: dict[str, Volatile] = {}
            for each in found:
                if each.source is None:
                    first.setdefault(each.written, each)
            for each in first.values():
                yield Match(each.pointer, _message(name, each, analysis.followers(name)))


def _message(name: str, found: Volatile, followers: list[str]) -> str:
    return (
        f"the cache of '{name}' never hits: {found.attribute} is compared, and {found.written} {found.reason}"
        f"{after(followers)}. Move it out of {found.attribute}, or disable the cache"
    )


def after(followers: list[str]) -> str:
    """The part of a message that names the steps which never hit in consequence."""
    if not followers:
        return ""
    return f" (and so never hit, because they use its results: {', '.join(followers)})"
