from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.caching._volatile import analyse
from pipelines.rules.caching.defeated import after


class NewModel(Rule):
    """A cached step takes the model of a Model or RegisterModel step, which is a new one in every execution.

    Such steps are never cached, and a Transform step compares the ModelName: its cache never hits, nor do those behind
    it (aws/sagemaker-python-sdk#3392).

    Wrong:
        {"Name": "Score", "Type": "Transform", "CacheConfig": {...}, "Arguments": {"ModelName": {"Get": "Steps.MakeModel.ModelName"}}}

    Right:
        {"Name": "Score", "Type": "Transform", "Arguments": {"ModelName": {"Get": "Steps.MakeModel.ModelName"}}}
    """

    code = "W6016"

    def check(self, subject: Subject) -> Iterator[Match]:
        analysis = subject.once(analyse)
        for name, found in analysis.missing.items():
            for each in found:
                source = subject.steps.get(each.source or "")
                if source and source.type in ("Model", "RegisterModel"):
                    yield Match(
                        each.pointer,
                        f"the cache of '{name}' never hits: {each.attribute} is compared, and {each.written} "
                        f"{each.reason}, which is in every execution, because {source.type} steps are not cached"
                        f"{after(analysis.followers(name))}. Remove the CacheConfig of '{name}'",
                    )
                    break
