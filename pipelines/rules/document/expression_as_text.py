from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules._texts import document_texts, last

_EXPRESSION = re.compile(r'\{\s*"(Get|Std:Join|Std:JsonGet)"\s*:\s*["{]')
# Texts for people.
_PROSE = ("Description", "DisplayName")


class ExpressionAsText(Rule):
    """A text holds an expression as JSON text; the service does not look into texts.

    `json.dumps` of an expression does that. The job gets the characters, not the value.

    Wrong:
        {"Environment": {"SEED": "{\\"Get\\": \\"Parameters.Seed\\"}"}}

    Right:
        {"Environment": {"SEED": {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Seed"}]}}}}
    """

    code = "W1020"

    def check(self, subject: Subject) -> Iterator[Match]:
        for where, text in subject.once(document_texts):
            found = _EXPRESSION.search(text)
            if found and last(where) not in _PROSE:
                yield Match(
                    where,
                    f"the text holds a {found[1]} expression in quotes, which nothing resolves: the job gets these "
                    "characters. Write the object without quotes; inside of a longer text, use Std:Join",
                )
