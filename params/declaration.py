"""Pipeline parameters as the fields of a frozen dataclass, with defaults from the environment.

A field's annotation is the SDK's parameter class, its name in CamelCase is the parameter's name. Descriptions stay
here: the service's published schema has them, but the SDK never sends them and nobody has seen the service take one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import Field, fields
from typing import Any, TypeVar, get_type_hints

from sagemaker.core.workflow.parameters import (
    Parameter,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
)

from params.environment import Environment, InvalidEnvironment
from pipelines.definition.check import near
from pipelines.definition.values import Value

T = TypeVar("T")

_TYPES: Mapping[type, tuple[type | tuple[type, ...], str]] = {
    ParameterString: (str, "a text"),
    ParameterInteger: (int, "an integer"),
    ParameterFloat: ((int, float), "a number"),
}


def described(text: str, *, allowed: tuple[str, ...] = ()) -> dict[str, Any]:
    """Make a field's metadata: what the parameter means with its unit, and the only values it may have."""
    return {"description": text, "allowed": allowed}


def with_defaults(declaration: type[T], env: Environment, pipeline: str) -> T:
    """Build the parameters of `pipeline`. Raises InvalidEnvironment naming every wrong default."""
    file = f"params/environments/{env.name}.toml"
    defaults = env.parameters.get(pipeline, {})
    problems = [f"parameters.{pipeline}.{each}" for each in _problems(declaration, defaults)]
    if pipeline not in env.parameters:
        hint = near(pipeline, env.parameters)
        problems.insert(0, f"the table [parameters.{pipeline}] is missing{hint}")
    if problems:
        raise InvalidEnvironment(f"{file}: {problem}" for problem in problems)
    types = get_type_hints(declaration)
    return declaration(
        **{
            declared.name: _parameter(declared, types[declared.name], defaults)
            for declared in _declared(declaration)
        }
    )


def parameters_of(declared: Any) -> list[Parameter]:
    """The SDK's parameter objects in the order of their declaration."""
    return [getattr(declared, entry.name) for entry in fields(declared)]


def descriptions_of(declaration: Any) -> dict[str, str]:
    """Parameter name -> what it means."""
    return {
        camel_case(entry.name): entry.metadata["description"] for entry in _declared(declaration)
    }


def camel_case(name: str) -> str:
    """`input_data_uri` -> `InputDataUri`."""
    return "".join(word.capitalize() for word in name.split("_"))


def _declared(declaration: Any) -> tuple[Field[Any], ...]:
    return fields(declaration)


def _problems(declaration: type, defaults: Mapping[str, Value]) -> Iterator[str]:
    known = {camel_case(entry.name): entry for entry in _declared(declaration)}
    types = get_type_hints(declaration)
    for name in sorted(defaults.keys() - known.keys()):
        yield f"{name}: no such parameter{near(name, known)}"
    for name, entry in known.items():
        if name not in defaults:
            yield f"{name}: is missing; {entry.metadata['description']}"
            continue
        value, allowed = defaults[name], entry.metadata["allowed"]
        wanted, words = _TYPES[types[entry.name]]
        if isinstance(value, bool) or not isinstance(value, wanted):
            yield f"{name}: must be {words} but got {value!r}"
        elif value == "":
            # The service refuses an empty text when an execution starts.
            yield f"{name}: must not be empty"
        elif allowed and value not in allowed:
            yield f"{name}: '{value}' is not allowed; allowed: {', '.join(allowed)}"


def _parameter(entry: Field[Any], kind: type, defaults: Mapping[str, Value]) -> Parameter:
    name = camel_case(entry.name)
    value = defaults[name]
    if kind is ParameterFloat:
        return ParameterFloat(name, default_value=float(value))  # the SDK refuses 1 for 1.0
    if kind is ParameterInteger:
        return ParameterInteger(name, default_value=value)
    allowed = entry.metadata["allowed"]
    return ParameterString(name, default_value=value, enum_values=list(allowed) or None)
