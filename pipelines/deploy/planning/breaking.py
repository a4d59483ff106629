"""What callers that start a pipeline may stumble over: schedules and scripts pass parameters by name. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pipelines.definition.document import Definition, ParameterDefinition


def breaking(
    before: Definition, after: Definition, passed: Collection[str] = ()
) -> tuple[str, ...]:
    """A sentence for each change that makes a start fail which worked before.

    `passed` are the parameters that earlier executions were started with: somebody does pass them.
    """
    old = {each.name: each for each in before.parameters}
    new = {each.name: each for each in after.parameters}
    found: list[str] = []
    for name, parameter in old.items():
        seen = " (a recent execution passed it)" if name in passed else ""
        if name not in new:
            found.append(f"parameter {name} is gone: a start that passes it is refused{seen}")
        else:
            found += [f"{each}{seen}" for each in _narrowed(parameter, new[name])]
    for name, parameter in new.items():
        if name not in old and parameter.required:
            found.append(f"parameter {name} is new and has no default: a start must pass it")
    return tuple(found)


def _narrowed(old: ParameterDefinition, new: ParameterDefinition) -> Iterator[str]:
    if old.type is not new.type:
        yield f"parameter {old.name} is {new.type}, was {old.type}: values of callers may not fit"
    if new.required and not old.required:
        yield f"parameter {old.name} has lost its default: a start must pass it"
    if new.allowed and not old.allowed:
        yield f"parameter {old.name} now takes only {', '.join(map(str, new.allowed))}"
    elif gone := [value for value in old.allowed if new.allowed and value not in new.allowed]:
        yield f"parameter {old.name} no longer takes {', '.join(map(str, gone))}"
