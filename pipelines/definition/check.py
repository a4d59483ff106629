"""Is a definition well formed? References resolve, names are unique, no step waits for itself.

What the service refuses at CreatePipeline because of the document's own structure; whether the requests in it
make sense to SageMaker is the business of the rules.
"""

from __future__ import annotations

import difflib
import re
import string
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import chain, islice

from pipelines.definition.document import BODY, Definition, StepDefinition
from pipelines.definition.errors import MOST_PROBLEMS, ExpressionError, Problem, of_kind
from pipelines.definition.expressions import (
    EXECUTION_VARIABLES,
    ExecutionReference,
    Get,
    LoopReference,
    ParameterReference,
    StepReference,
    parse_expression,
)
from pipelines.definition.graph import (
    CycleError,
    body_waits,
    named_steps,
    order,
    referenced_steps,
    sort_steps,
)
from pipelines.definition.members import member_problems

# Comparing a name with each known one takes too long for more.
_MOST_COMPARED = 100
_LONGEST_NAME = 64
_LETTERS = f"{string.ascii_letters}{string.digits}-_"


def check(definition: Definition) -> list[Problem]:
    """The structural mistakes, kind by kind, up to MOST_PROBLEMS; empty when it is well formed."""
    try:
        return _problems(definition)
    except RecursionError:
        return [Problem("/Steps", "nested too deeply")]


def _problems(definition: Definition) -> list[Problem]:
    known = {step.name: step for step in definition.steps}
    found = chain(
        of_kind("duplicate", _duplicate_parameters(definition)),
        of_kind("duplicate", _duplicate_steps(definition)),
        member_problems(definition),
        of_kind("expression", _bad_expressions(definition)),
        (problem for step in definition.steps for problem in _step_problems(known, step)),
    )
    return list(islice(found, MOST_PROBLEMS)) or list(of_kind("cycle", _cycle(definition)))


def _duplicate_parameters(definition: Definition) -> Iterator[Problem]:
    for name, count in Counter(parameter.name for parameter in definition.parameters).items():
        if count > 1:
            yield Problem(
                "/Parameters", f"parameter '{name}' is declared {count} times; names must be unique"
            )


def _duplicate_steps(definition: Definition) -> Iterator[Problem]:
    """Names of bodies count too, and so do those that their repetitions will have."""
    steps = [one for step in definition.steps for one in (step, *step.body)]
    places: dict[str, list[str]] = {}
    for step in steps:
        places.setdefault(step.name, []).append(step.pointer)
    for name, found in places.items():
        if len(found) > 1:
            yield Problem(
                found[1],
                f"step name '{name}' is used {len(found)} times ({', '.join(found)}); names must be unique",
            )
    repeated = {inner.name for step in definition.steps for inner in step.body}
    for step in definition.steps if repeated else ():
        match = re.fullmatch(r"(.+)-[0-9]+", step.name)
        if match and match[1] in repeated:
            yield Problem(
                step.pointer,
                f"step name '{step.name}' is how a ForEach names the repetitions of '{match[1]}'",
            )


def _bad_expressions(definition: Definition) -> Iterator[Problem]:
    declared = {parameter.name for parameter in definition.parameters}
    for step in definition.steps:
        for one in (step, *step.body):
            for where, value in one.expressions:
                yield from _expression_problems(value, where, declared, one is not step)


def _expression_problems(
    value: Mapping[str, object], where: str, declared: set[str], in_body: bool
) -> Iterator[Problem]:
    try:
        expression = parse_expression(value)
    except ExpressionError as error:
        yield Problem(where, str(error))
        return
    reference = expression.reference if isinstance(expression, Get) else None
    if isinstance(reference, ParameterReference) and reference.name not in declared:
        yield Problem(
            where,
            f"parameter '{reference.name}' is not declared{near(reference.name, declared)}",
            "undeclared",
        )
    elif isinstance(reference, ExecutionReference) and reference.name not in EXECUTION_VARIABLES:
        hint = near(reference.name, EXECUTION_VARIABLES)
        yield Problem(where, f"'Execution.{reference.name}' is not an execution variable{hint}")
    elif isinstance(reference, LoopReference) and not (
        in_body if reference.path.startswith("ForEach.") else where.endswith("/Selector/Field")
    ):
        yield Problem(where, f"'{reference.path}' has a value only inside a ForEach step")


def _step_problems(known: Mapping[str, StepDefinition], step: StepDefinition) -> Iterator[Problem]:
    taken = list(referenced_steps(step))
    named = [(where, dependency.step) for where, dependency in named_steps(step)]
    for where, name in [*named, *((where, reference.step) for where, reference in taken)]:
        if name not in known:
            yield Problem(where, f"step '{name}' does not exist{near(name, known)}", "unknown-step")
        elif known[name].type == "Fail":
            yield Problem(
                where,
                f"{step.name} can not depends on {name}: nothing can follow a Fail step",
                "after-fail",
            )
    for where, name in named:
        if name in known and known[name].type == "Condition":
            yield Problem(
                where,
                f"{step.name} can not depends on {name}: put it into a branch of the condition, or refer to "
                f"Steps.{name}.Outcome",
                "after-condition",
            )
    for where, reference in taken:
        if reference.step in known:
            yield from of_kind(
                "property-file", _property_file_problems(known[reference.step], reference, where)
            )


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
    pointer = "/Steps"
    try:
        order(definition)
        for step in definition.steps:
            pointer = f"{step.pointer}/Arguments/{BODY}"
            sort_steps(body_waits(step))
    except CycleError as error:
        yield Problem(pointer, str(error))


def near(name: str, known: Collection[str]) -> str:
    """`; did you mean 'X'?` or what exists, to be appended to a message."""
    if len(known) > _MOST_COMPARED:
        close = sorted(each for each in _one_edit_away(name) if each in known)[:1]
        listed = f"{len(known)} names"
    else:
        close = difflib.get_close_matches(name, sorted(known), n=1)
        listed = ", ".join(sorted(known))
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known: {listed}" if known else "; there are none"


def _one_edit_away(name: str) -> Iterator[str]:
    """What `name` becomes when one character is left out, swapped, replaced or put in."""
    if len(name) > _LONGEST_NAME:
        return
    for at in range(len(name) + 1):
        head, tail = name[:at], name[at:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
        for letter in _LETTERS:
            yield head + letter + tail[1:]
            yield head + letter + tail
