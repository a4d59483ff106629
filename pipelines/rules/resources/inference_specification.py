from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject

_LISTS = ("SupportedContentTypes", "SupportedResponseMIMETypes")


class InferenceSpecification(Rule):
    """A registered model does not say how it is run, or what it takes and answers.

    Without InferenceSpecification a package is a note only: no model can be made of it. Empty lists of content types
    say that it takes nothing.

    Wrong:
        {"ModelPackageGroupName": "house-price", "InferenceSpecification": {"Containers": [...], "SupportedContentTypes": []}}

    Right:
        {"ModelPackageGroupName": "house-price",
         "InferenceSpecification": {"Containers": [...], "SupportedContentTypes": ["text/csv"]}}
    """

    code = "W9013"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type != "RegisterModel":
                continue
            where = f"{step.pointer}/Arguments"
            sources = ("InferenceSpecification", "SourceAlgorithmSpecification", "SourceUri")
            if all(step.arguments.get(each) is None for each in sources):
                yield Match(
                    where,
                    "'InferenceSpecification' is missing: nothing can be deployed from this model package",
                )
            specification = mapping_at(step.arguments, "InferenceSpecification")
            for name in _LISTS:
                if specification.get(name) == []:
                    yield Match(
                        f"{where}/InferenceSpecification/{name}",
                        f"'{name}' is empty; name the types, such as \"text/csv\"",
                    )
