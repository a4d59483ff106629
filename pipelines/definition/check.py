"""Is a definition well formed? References resolve, names are unique, no step waits for itself.

What the service refuses at CreatePipeline because of the document's own structure; whether the requests in it
make sense to SageMaker is the business of the rules.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator

from pipelines.definition.document import Definition, StepDefinition
from pipelines.definition.errors import ExpressionError, Problem
from pipelines.definition.expressions import (
    EXECUTION_VARIABLES,
    ExecutionReference,
    ParameterReference,
    StepReference,
    parse_expression,
    references,
    walk,
)
from pipelines.definition.graph import CycleError, order, own_parts, referenced_steps


def check(definition: Definition) -> list[Problem]:
    """Every structural mistake, in the order of the document; empty when it is well formed."""
    found = [
        *_duplicate_parameters(definition),
        *_duplicate_steps(definition),
        *_malformed_expressions(definition),
        *_unknown_variables(definition),
        *(problem for step in definition.steps for problem in _step_problems(definition, step)),
    ]
    return found or list(_cycle(definition))


def _duplicate_parameters(definition: Definition) -> Iterator[Problem]:
    for name, count in Counter(parameter.name for parameter in definition.parameters).items():
        if count > 1:
            yield Problem(
                "/Parameters", f"parameter '{name}' is declared {count} times; names must be unique"
            )


def _duplicate_steps(definition: Definition) -> Iterator[Problem]:
    for name, count in Counter(step.name for step in definition.steps).items():
        if count > 1:
            places = ", ".join(step.pointer for step in definition.steps if step.name == name)
            yield Problem(
                places.split(", ")[1],
                f"step name '{name}' is used {count} times ({places}); names must be unique",
            )


def _malformed_expressions(definition: Definition) -> Iterator[Problem]:
    for step in definition.steps:
        for pointer, part in own_parts(step):
            for where, expression in walk(part, pointer):
                try:
                    parse_expression(expression)
                except ExpressionError as error:
                    yield Problem(where, str(error))


def _unknown_variables(definition: Definition) -> Iterator[Problem]:
    declared = [parameter.name for parameter in definition.parameters]
    for step in definition.steps:
        for pointer, part in own_parts(step):
            for where, reference in references(part, pointer):
                if isinstance(reference, ParameterReference) and reference.name not in declared:
                    yield Problem(
                        where,
                        f"parameter '{reference.name}' is not declared{near(reference.name, declared)}",
                    )
                elif (
                    isinstance(reference, ExecutionReference)
                    and reference.name not in EXECUTION_VARIABLES
                ):
                    hint = near(reference.name, EXECUTION_VARIABLES)
                    yield Problem(
                        where, f"'Execution.{reference.name}' is not an execution variable{hint}"
                    )


def _step_problems(definition: Definition, step: StepDefinition) -> Iterator[Problem]:
    named = [
        (f"{step.pointer}/DependsOn/{i}", dependency.step)
        for i, dependency in enumerate(step.depends_on)
    ]
    named += [(where, reference.step) for where, reference in referenced_steps(step)]
    known = {other.name: other for other in definition.steps}
    for where, name in named:
        if name not in known:
            yield Problem(where, f"step '{name}' does not exist{near(name, known)}")
        elif known[name].type == "Fail":
            yield Problem(
                where, f"{step.name} can not depends on {name}: nothing can follow a Fail step"
            )
    for where, reference in referenced_steps(step):
        if reference.step in known:
            yield from _property_file_problems(known[reference.step], reference, where)


def _property_file_problems(
    source: StepDefinition, reference: StepReference, where: str
) -> Iterator[Problem]:
    name = reference.property_file
    declared = [file.name for file in source.property_files]
    if name is not None and name not in declared:
        yield Problem(
            where, f"step '{source.name}' declares no property file '{name}'{near(name, declared)}"
        )


def _cycle(definition: Definition) -> Iterator[Problem]:
    try:
        order(definition)
    except CycleError as error:
        yield Problem("/Steps", str(error))


def near(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'X'?` or what exists, to be appended to a message."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known: {', '.join(names)}" if names else "; there are none"
