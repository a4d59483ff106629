from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class EmptyDefault(Rule):
    """The default of a parameter is an empty text.

    A start that does not give another value is refused: `string "" is too short (length: 0, required minimum: 1)`.
    There are no optional parameters; use a word that your code knows, or leave the default out to ask for a value.

    Wrong:
        {"Name": "DropColumns", "Type": "String", "DefaultValue": ""}

    Right:
        {"Name": "DropColumns", "Type": "String", "DefaultValue": "none"}
    """

    code = "E1015"

    def check(self, subject: Subject) -> Iterator[Match]:
        for index, parameter in enumerate(subject.definition.parameters):
            if parameter.default == "":
                yield Match(
                    f"/Parameters/{index}/DefaultValue",
                    f"the default of '{parameter.name}' is empty, and a start with an empty text is refused. Use a "
                    'word that your code knows (such as "none"), or remove the default to ask for a value',
                )
