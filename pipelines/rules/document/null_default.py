from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class NullDefault(Rule):
    """The default of a parameter is null, which is no default.

    There are no optional parameters (aws/sagemaker-python-sdk#2315): a start that does not give a value is refused. Use
    a word that your code knows, or remove the member.

    Wrong:
        {"Name": "DropColumns", "Type": "String", "DefaultValue": null}

    Right:
        {"Name": "DropColumns", "Type": "String", "DefaultValue": "none"}
    """

    code = "W1025"

    def check(self, subject: Subject) -> Iterator[Match]:
        written = subject.definition.document.get("Parameters")
        for index, parameter in enumerate(written if isinstance(written, list) else ()):
            if isinstance(parameter, Mapping) and parameter.get("DefaultValue", "") is None:
                yield Match(
                    f"/Parameters/{index}/DefaultValue",
                    "null is no default: a start has to give a value, and it cannot be null either. Remove the member, "
                    'or use a word that your code knows (such as "none")',
                )
