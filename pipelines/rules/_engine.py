"""Runs every rule over a definition and collects what they find."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice

from pipelines import rules
from pipelines.definition.discovery import by_key, find
from pipelines.definition.document import StepDefinition, read
from pipelines.definition.errors import MOST_PROBLEMS, DefinitionError
from pipelines.rules._base import CRASHED, UNREADABLE, Finding, Match, Rule, Severity
from pipelines.rules._subject import Subject


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule there is, by code. Raises DuplicatePlugin when two claim one code."""
    found: list[type[Rule]] = []
    for section in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        if section.ispkg:
            found += find(importlib.import_module(section.name), Rule)  # type: ignore[type-abstract]
    keyed = by_key(found, "code")
    return tuple(keyed[code]() for code in sorted(keyed, key=lambda code: (code[1:], code[0])))


def validate(
    text: str,
    *,
    name: str | None = None,
    region: str | None = None,
    only: Iterable[Rule] | None = None,
) -> tuple[Finding, ...]:
    """Every finding about a definition's text, in the order of the document. Never raises."""
    try:
        definition, problems = read(text)
    except DefinitionError as error:
        return tuple(
            Finding(UNREADABLE, Severity.ERROR, each.pointer, each.message)
            for each in error.problems
        )
    subject = Subject(definition, text, problems, name, region)
    owners = _owners(subject.all_steps)
    found = [
        Finding(code, severity, match.pointer, match.message, _owner(owners, match.pointer))
        for rule in (all_rules() if only is None else only)
        for code, severity, match in _run(rule, subject)
    ]
    places = _places(subject.all_steps)
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (_place(places, each), each.code)))


def _run(rule: Rule, subject: Subject) -> Iterator[tuple[str, Severity, Match]]:
    try:
        found = rule.check(subject)
        for match in islice(found, MOST_PROBLEMS):
            yield rule.code, rule.severity, match
        if next(found, None):
            text = f"there are more of these: only the first {MOST_PROBLEMS} are listed"
            yield rule.code, rule.severity, Match("", text)
    # A mistake of the rule must not hide what the others find.
    except Exception as error:  # noqa: BLE001
        text = f"rule {rule.code} failed with {type(error).__name__}: {error}; please report it"
        yield CRASHED, Severity.ERROR, Match("", text)


def _owners(steps: Iterable[StepDefinition]) -> Mapping[str, str]:
    return {step.pointer: step.name for step in steps}


def _owner(owners: Mapping[str, str], pointer: str) -> str | None:
    """The innermost step that a pointer leads into."""
    while pointer:
        if pointer in owners:
            return owners[pointer]
        pointer = pointer.rpartition("/")[0]
    return None


def _places(steps: Iterable[StepDefinition]) -> Mapping[str, int]:
    return {step.name: index for index, step in enumerate(steps)}


def _place(places: Mapping[str, int], finding: Finding) -> tuple[int, str]:
    return (-1 if finding.step is None else places[finding.step], finding.pointer)
