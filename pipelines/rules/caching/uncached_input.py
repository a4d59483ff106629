from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.document import StepDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.caching._volatile import Volatile, analyse
from pipelines.rules.caching.defeated import after


class UncachedInput(Rule):
    """A cached step takes something from a step that is not cached and gives another value each time.

    Such as the URI of an output under the execution id: the step before writes to a new place each time, so that the
    request of this one differs and its cache never hits. When the step before hits its cache, it hands on the old URI.

    Wrong:
        {"Name": "Train", "CacheConfig": {...}, "Arguments": {"InputDataConfig": [{"...": {"Get": "Steps.Prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"}}]}} behind {"Name": "Prepare"} without CacheConfig

    Right:
        {"Name": "Prepare", "CacheConfig": {"Enabled": true, "ExpireAfter": "P30D"}}
    """

    code = "W6015"

    def check(self, subject: Subject) -> Iterator[Match]:
        analysis = subject.once(analyse)
        for name, found in analysis.missing.items():
            first: dict[str, Volatile] = {}
            for each in found:
                source = subject.steps.get(each.source or "")
                if source and source.type not in ("Model", "RegisterModel"):
                    first.setdefault(source.name, each)
            for source_name, each in first.items():
                source = subject.steps[source_name]
                yield Match(each.pointer, _message(name, source, each, analysis.followers(name)))


def _message(name: str, source: StepDefinition, found: Volatile, followers: list[str]) -> str:
    return (
        f"the cache of '{name}' never hits: {found.attribute} is compared, and {found.written} {found.reason}"
        f"{after(followers)}. Enable the cache of '{source.name}', let it write to a place without the execution id, "
        f"or disable the cache of '{name}'"
    )
