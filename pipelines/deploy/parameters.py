"""Values for pipeline parameters: read from `--param NAME=VALUE`, checked against the definition before a start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pipelines.definition.check import near
from pipelines.definition.document import Definition, ParameterDefinition, ParameterType
from pipelines.definition.values import value_of
from pipelines.deploy.errors import UsageError, listed
from pipelines.deploy.text import shortened

# StartPipelineExecution takes every value as a string of at most this length.
_LONGEST = 1024


def read(assignments: Iterable[str]) -> dict[str, str]:
    """Split `NAME=VALUE` texts. Raises UsageError naming each that is not one, or is given twice."""
    values: dict[str, str] = {}
    problems = []
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals or not name:
            problems.append(f"'{text}' is not NAME=VALUE")
        elif name in values:
            problems.append(f"'{name}' is given twice")
        values[name] = value
    if problems:
        raise UsageError(listed("--param", problems))
    return values


def check(pipeline: str, definition: Definition, values: Mapping[str, str]) -> None:
    """Refuse unknown names, wrong types and values that are not allowed. Raises UsageError with all of them."""
    known = {parameter.name: parameter for parameter in definition.parameters}
    problems = [
        f"there is no parameter '{name}'{near(name, known)}" for name in values if name not in known
    ]
    for name, parameter in known.items():
        if name in values:
            problems += _value_problems(parameter, values[name])
        elif parameter.required:
            problems.append(f"'{name}' has no default; give --param {name}=VALUE")
    if problems:
        raise UsageError(listed(pipeline, problems))


def _value_problems(parameter: ParameterDefinition, value: str) -> Iterator[str]:
    where, got = f"'{parameter.name}'", f"but got '{shortened(value)}'"
    if not _has_type(parameter.type, value):
        yield f"{where} must be {_ALLOWED[parameter.type]} {got}"
    elif parameter.allowed and value not in parameter.allowed:
        allowed = near(value, parameter.allowed)
        yield f"{where} must be one of {', '.join(parameter.allowed)} {got}" + (
            allowed if "did you mean" in allowed else ""
        )


_ALLOWED = {
    ParameterType.STRING: f"a text of 1 to {_LONGEST} characters",
    ParameterType.INTEGER: "a whole number",
    ParameterType.FLOAT: "a number",
    ParameterType.BOOLEAN: "true or false",
}


def _has_type(kind: ParameterType, value: str) -> bool:
    if not 1 <= len(value) <= _LONGEST:
        return False
    try:
        value_of(kind, value)
    except ValueError:
        return False
    return True
