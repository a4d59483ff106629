from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules._texts import document_texts

# What Python prints of the SDK's objects, and of the expressions in them.
_LEAK = re.compile(
    r"Parameter(?:String|Integer|Float|Boolean)\(name="
    r"|<sagemaker[\w.]* object at 0x"
    r"|\b(?:Join\(on=|JsonGet\(step_name=|PropertyFile\(name=|ExecutionVariable\(name=)"
    r"|\{'(?:Get|Std:Join|Std:JsonGet)': ['{]"
)


class LeakedObject(Rule):
    """A text holds what Python prints of an object of the SDK, not the object's value.

    An f-string, `str()` or `+` took a pipeline variable for a text. The job gets those very characters.

    Wrong:
        {"HyperParameters": {"folds": "ParameterInteger(name='Folds', default_value=5)"}}

    Right:
        {"HyperParameters": {"folds": {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Folds"}]}}}}
    """

    code = "E1019"

    def check(self, subject: Subject) -> Iterator[Match]:
        for where, text in subject.once(document_texts):
            if leak := _LEAK.search(text):
                yield Match(
                    where,
                    f"the text holds an object of the SDK as Python prints it ('{_shown(text, leak.start())}'), not "
                    "its value. Pass the object itself; to build a text, use Join(on='', values=[...]) or "
                    "to_string(), not an f-string, str() or +",
                )


def _shown(text: str, start: int) -> str:
    return text[start : start + 40] + ("..." if len(text) > start + 40 else "")
