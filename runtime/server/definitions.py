"""Reads the definitions that clients send, and refuses what the service refuses at CreatePipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from pipelines.definition.caching import duration
from pipelines.definition.check import check
from pipelines.definition.document import Definition, parse
from pipelines.definition.errors import DefinitionError, Problem
from pipelines.definition.requests.arguments import ArgumentCheck
from runtime.api import ApiError
from runtime.server.protocol import service

# A generated definition may have the same mistake in every step.
_MOST_SHOWN = 10


def read_definition(text: str) -> Definition:
    """A definition that was accepted before. Raises ApiError."""
    try:
        return parse(text)
    except DefinitionError as error:
        raise _refusal(error.problems) from error


def accept_definition(text: str) -> Definition:
    """A new definition, after every check there is before a start. Raises ApiError with all that is wrong."""
    definition = read_definition(text)
    found = [*check(definition), *_durations(definition)]
    shapes, reader = service().shapes, service().reader
    try:
        found += ArgumentCheck(definition, shapes, reader).problems()
    except RecursionError:
        found.append(Problem("/Steps", "nested too deeply"))
    if found:
        raise _refusal(found)
    return definition


def _durations(definition: Definition) -> Iterator[Problem]:
    for step in definition.steps:
        config: object = step.cache
        limit = config.get("ExpireAfter") if isinstance(config, Mapping) else None
        if limit is None:
            continue
        try:
            duration(str(limit))
        except ValueError as error:
            yield Problem(f"{step.pointer}/CacheConfig/ExpireAfter", str(error))


def _refusal(problems: Iterable[Problem]) -> ApiError:
    """The service's sentence first, then where it is: clients and people look for the sentence."""
    found = list(problems)
    texts = [
        f"{problem.message} ({problem.pointer or '/'})" for problem in islice(found, _MOST_SHOWN)
    ]
    if len(found) > _MOST_SHOWN:
        texts.append(f"and {len(found) - _MOST_SHOWN} more")
    return ApiError(
        "ValidationException", f"Unable to parse pipeline definition. {'; '.join(texts)}"
    )
