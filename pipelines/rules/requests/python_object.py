from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipelines.definition.expressions import escape
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_OBJECT = re.compile(
    r"Parameter(?:String|Integer|Float|Boolean)\(name=|<sagemaker\.[\w.]+ object at 0x[0-9a-f]+>"
    r"|^(?:Join|JsonGet|ExecutionVariable|Properties)\("
)


class PythonObject(Rule):
    """A text holds a Python object of the SDK, written out, instead of its value.

    `str(parameter)` or an f-string gives "ParameterInteger(name='Count', ...)", which is what the job would get. A
    parameter becomes part of a text with Join, or with its `to_string()`.

    Wrong:
        {"ContainerArguments": ["--count", "ParameterInteger(name='Count', parameter_type=<...>)"]}

    Right:
        {"ContainerArguments": ["--count", {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Count"}]}}]}
    """

    code = "E2035"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            nested = {"Condition": ("IfSteps", "ElseSteps"), "ForEach": ("ForEachBody",)}
            own = {
                key: value
                for key, value in step.arguments.items()
                if key not in nested.get(step.type, ())
            }
            for pointer, text in _strings(own, f"{step.pointer}/Arguments"):
                if found := _OBJECT.search(text):
                    yield Match(
                        pointer,
                        f"holds a Python object as text ('{found[0]}...'); use Join or to_string() instead of an "
                        "f-string or str()",
                    )


def _strings(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    todo = [(pointer, value)]
    while todo:
        where, current = todo.pop()
        if isinstance(current, str):
            yield where, current
        elif isinstance(current, dict):
            todo += [(f"{where}/{escape(key)}", member) for key, member in current.items()]
        elif isinstance(current, list):
            todo += [(f"{where}/{index}", member) for index, member in enumerate(current)]
