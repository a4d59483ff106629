"""What is decided before an execution exists: its parameters, and whether this machine can run it at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from pipelines.definition.check import near
from pipelines.definition.document import (
    Definition,
    ParameterDefinition,
    ParameterType,
    StepDefinition,
)
from pipelines.definition.graph import upstream
from pipelines.definition.values import Value, value_of
from runtime.expressions import Scope, Unresolved, resolve
from runtime.functions import FunctionError
from runtime.storage._base import Objects

# Step type -> where its request, or each entry of a list in it, names an image that has to run.
_TRAINING_IMAGE = ("AlgorithmSpecification", "TrainingImage")
_IMAGE_PATHS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "Training": [_TRAINING_IMAGE],
    "Tuning": [
        ("TrainingJobDefinition", *_TRAINING_IMAGE),
        ("TrainingJobDefinitions", *_TRAINING_IMAGE),
    ],
    "Processing": [("AppSpecification", "ImageUri")],
    "Model": [("PrimaryContainer", "Image"), ("Containers", "Image")],
}


class Refused(Exception):
    """The execution cannot start; one message with everything that was found."""


def resolve_parameters(
    definition: Definition, given: Sequence[Mapping[str, str]]
) -> dict[str, Value]:
    """Typed values of all parameters: those given at start, else the defaults. Raises Refused."""
    declared = {parameter.name: parameter for parameter in definition.parameters}
    problems: list[str] = []
    values: dict[str, Value] = {
        parameter.name: _default(parameter)
        for parameter in definition.parameters
        if not parameter.required
    }
    for entry in given:
        name, text = entry["Name"], entry["Value"]
        if name not in declared:
            problems.append(f"Unknown parameter '{name}'{near(name, declared)}")
            continue
        try:
            values[name] = typed(declared[name], text)
        except ValueError as error:
            problems.append(str(error))
            values.setdefault(name, text)
    problems += [
        f"Parameter '{name}' is undefined: it has no default, so a value must be given at start"
        for name in declared
        if name not in values
    ]
    if problems:
        raise Refused(". ".join(problems) + ".")
    return values


def typed(parameter: ParameterDefinition, text: str) -> Value:
    """The value that a text stands for. Raises ValueError that says what is allowed."""
    name = parameter.name
    if parameter.type is ParameterType.STRING:
        if not text:
            raise ValueError(
                f"Parameter '{name}': [string \"\" is too short (length: 0, required minimum: 1)]"
            )
        if parameter.allowed and text not in parameter.allowed:
            raise ValueError(
                f"Parameter '{name}' is '{text}'; allowed are {', '.join(parameter.allowed)}"
            )
        return text
    try:
        return value_of(parameter.type, text)
    except ValueError as error:
        raise ValueError(
            f"Unexpected type for parameter '{name}'. Expected {parameter.type} but found '{text}'"
        ) from error


def unsupported_types(definition: Definition, known: Collection[str]) -> list[str]:
    """Why steps of unknown types cannot run here, each in a sentence."""
    return [
        f"Step '{step.name}' has the type {step.type}, which the local runtime does not run; "
        f"it runs {', '.join(sorted(known))}."
        for step in _all_steps(definition)
        if step.type not in known
    ]


def unregistered_functions(scope: Scope, find: Callable[[str], object]) -> list[str]:
    """Why Lambda steps cannot run, each once; an ARN that a step will give is looked up when its step starts."""
    problems: dict[str, None] = {}
    for step in _all_steps(scope.definition):
        if step.type != "Lambda":
            continue
        try:
            find(str(resolve((step.extras or {}).get("FunctionArn", ""), scope)))
        except Unresolved:
            continue
        except FunctionError as error:
            problems[f"Step '{step.name}': {error}"] = None
    return list(problems)


def image_uris(
    definition: Definition, parameters: Mapping[str, Value], objects: Objects
) -> list[str]:
    """Images that steps will run, as far as they are known before any step ran; each once, in order."""
    scope = Scope(definition, objects, parameters)
    found: dict[str, None] = {}
    for step in _all_steps(definition):
        for image in _images(step):
            try:
                uri = resolve(image, scope)
            except Unresolved:
                continue  # from a step's result: checked when the job is created
            if isinstance(uri, str):
                found[uri] = None
    return list(found)


def check_selection(definition: Definition, selected: Sequence[str]) -> list[str]:
    """The steps outside a selection whose results it needs, in order. Raises Refused."""
    steps = {step.name: step for step in definition.steps}
    unknown = [name for name in selected if name not in steps]
    if unknown:
        raise Refused(f"Selected steps {unknown} do not exist{near(unknown[0], steps)}.")
    waits = upstream(definition)
    between = _ancestors(selected, waits) & _descendants(selected, waits) - set(selected)
    if between:
        raise Refused(
            f"The selected steps {sorted(selected)} are connected through {sorted(between)}; select these too."
        )
    needed: dict[str, None] = {}
    for name in selected:
        branch = steps[name].branch
        for dependency in sorted(waits[name] - set(selected)):
            if not (branch and branch.condition == dependency):
                needed[dependency] = None
    return list(needed)


def _default(parameter: ParameterDefinition) -> Value:
    assert parameter.default is not None
    # So that a Float reads the same in a Join whether it was given or left at a default written as 1.
    return float(parameter.default) if parameter.type is ParameterType.FLOAT else parameter.default


def _all_steps(definition: Definition) -> Iterator[StepDefinition]:
    """The steps and those of their bodies."""
    for step in definition.steps:
        yield from (step, *step.body)


def _images(step: StepDefinition) -> Iterator[Any]:
    for path in _IMAGE_PATHS.get(step.type, ()):
        values: list[Any] = [step.arguments]
        for member in path:
            inner = [value.get(member) for value in values if isinstance(value, Mapping)]
            values = [
                one for value in inner for one in (value if isinstance(value, list) else [value])
            ]
        yield from (value for value in values if value is not None)


def _ancestors(names: Collection[str], waits: Mapping[str, Collection[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        for dependency in waits[todo.pop()]:
            if dependency not in found:
                found.add(dependency)
                todo.append(dependency)
    return found


def _descendants(names: Collection[str], waits: Mapping[str, Collection[str]]) -> set[str]:
    followers: dict[str, list[str]] = {name: [] for name in waits}
    for name, dependencies in waits.items():
        for dependency in dependencies:
            followers[dependency].append(name)
    return _ancestors(names, followers)
