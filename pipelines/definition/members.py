"""Which members the objects of a definition may have, and what their values may be.

The request of a step is not read here: its shape is the service model's business.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pipelines.definition.document import BODY, BRANCHES, STEP_KEYS, Definition, StepDefinition
from pipelines.definition.errors import Problem, of_kind
from pipelines.definition.expressions import is_expression

STEP_TYPES = (
    *("Processing", "Training", "Tuning", "Transform", "Model", "RegisterModel"),
    *("Condition", "Fail", "Lambda", "Callback", "ForEach"),
    *("EMR", "EMRServerless", "QualityCheck", "ClarifyCheck", "AutoML", "EndpointConfig"),
    *("Endpoint", "InferenceComponent", "Lineage", "Job", "Cleanup"),
)
RESULT_TYPES = ("String", "Integer", "Float", "Boolean")
_TOP = ("Version", "Metadata", "Parameters", "PipelineExperimentConfig", "MlflowConfig", "Steps")
_PARAMETER = ("Name", "Type", "DefaultValue", "EnumValues", "Description")
_POLICY = ("ExceptionType", "IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin")
_EXCEPTIONS = (
    "Step.SERVICE_FAULT",
    "Step.THROTTLING",
    "SageMaker.JOB_INTERNAL_ERROR",
    "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
    "Emr.RESOURCE_LIMIT",
)
_TRIGGERS = ("Completed", "Failed", "Stopped", "Any")
# Member -> the largest value a retry policy may have.
_POLICY_LIMITS = {"IntervalSeconds": 43_200, "MaxAttempts": 20, "ExpireAfterMin": 14_400}
_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_PAIR = ("LeftValue", "RightValue")
# Condition type -> its members.
_CONDITIONS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("Equals", "NotEquals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan"), _PAIR
    ),
    "LessThanOrEqualTo": _PAIR,
    **dict.fromkeys(("In", "NotIn"), ("QueryValue", "Values")),
    "Not": ("Condition",),
    "Or": ("Conditions",),
}
# Step type -> the arguments of types whose request is not an API call; what else they carry stands beside it.
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "Condition": ("Conditions", *BRANCHES),
    "Fail": ("ErrorMessage",),
    "ForEach": ("IterableItems", "MaxConcurrency", "Selector", BODY),
}
_EXTRAS: Mapping[str, tuple[str, ...]] = {
    "Lambda": ("FunctionArn", "OutputParameters"),
    "Callback": ("SqsQueueUrl", "OutputParameters"),
}
# Types that nothing here reads further than their name.
_OPAQUE = set(STEP_TYPES) - {
    *("Processing", "Training", "Tuning", "Transform", "Model", "RegisterModel"),
    *_ARGUMENTS,
    *_EXTRAS,
}
_NO_BODY = ("Condition", "Fail", "ForEach")
_MOST_ITEMS = 100
_MOST_CONCURRENT = 50


def member_problems(definition: Definition) -> Iterator[Problem]:
    """Unknown members and bad values of every object, step by step."""
    document = definition.document
    yield from unknown(document, _TOP, "")
    parameters = document.get("Parameters")
    for index, parameter in enumerate(parameters if isinstance(parameters, list) else ()):
        if not isinstance(parameter, Mapping):
            continue
        yield from unknown(parameter, _PARAMETER, f"/Parameters/{index}")
        yield from _name(parameter.get("Name"), f"/Parameters/{index}/Name")
    for step in definition.steps:
        for one in (step, *step.body):
            yield from _step(one)


def unknown(value: Mapping[str, Any], allowed: Collection[str], pointer: str) -> Iterator[Problem]:
    """A problem for each member that such an object does not have."""
    for key in value:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else f" Known: {', '.join(allowed)}."
            yield Problem(
                f"{pointer}/{key}",
                f"Cannot parse object, unknown property '{key}'.{hint}",
                "unknown-property",
            )


def _step(step: StepDefinition) -> Iterator[Problem]:
    yield from _name(step.name, f"{step.pointer}/Name")
    if step.type not in STEP_TYPES:
        yield _choice(step.type, STEP_TYPES, f"{step.pointer}/Type")
        return
    if step.type in _OPAQUE:
        return
    own = _EXTRAS.get(step.type, ())
    if step.extras:
        yield from unknown(step.extras, (*own, *sorted(STEP_KEYS)), step.pointer)
    if step.property_files and step.type != "Processing":
        yield Problem(
            f"{step.pointer}/PropertyFiles",
            f"Cannot parse object, unknown property 'PropertyFiles'. Processing steps have it, {step.type} steps do not.",
        )
    if step.type in _ARGUMENTS:
        yield from unknown(step.arguments, _ARGUMENTS[step.type], f"{step.pointer}/Arguments")
    for index, dependency in enumerate(step.depends_on):
        if dependency.trigger not in _TRIGGERS:
            yield _choice(
                dependency.trigger, _TRIGGERS, f"{step.pointer}/DependsOn/{index}/Trigger"
            )
    for index, policy in enumerate(step.retry_policies):
        yield from of_kind("retry", _policy(policy, f"{step.pointer}/RetryPolicies/{index}"))
    yield from of_kind("cache", _cache(step))
    yield from _by_type(step)


def _by_type(step: StepDefinition) -> Iterator[Problem]:
    where = f"{step.pointer}/Arguments"
    if step.type == "Condition":
        yield from of_kind(
            "condition", _condition_list(step.arguments.get("Conditions"), f"{where}/Conditions")
        )
    elif step.type == "ForEach":
        yield from of_kind("for-each", _for_each(step, where))
    elif step.type in _EXTRAS:
        yield from of_kind("function", _function(step, where))
    elif step.type == "Processing":
        yield from of_kind("property-file", _property_files(step))


def _cache(step: StepDefinition) -> Iterator[Problem]:
    where = f"{step.pointer}/CacheConfig"
    config = step.cache
    if config is None:
        return
    yield from unknown(config, ("Enabled", "ExpireAfter"), where)
    if not isinstance(config.get("Enabled"), bool):
        yield Problem(f"{where}/Enabled", "must be true or false")


def _policy(policy: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    yield from unknown(policy, _POLICY, pointer)
    types = policy.get("ExceptionType")
    for kind in types if isinstance(types, list) and types else [types]:
        if kind not in _EXCEPTIONS:
            yield _choice(kind, _EXCEPTIONS, f"{pointer}/ExceptionType")
    if "MaxAttempts" in policy and "ExpireAfterMin" in policy:
        yield Problem(pointer, "'MaxAttempts' and 'ExpireAfterMin' exclude each other")
    for key, most in _POLICY_LIMITS.items():
        if key in policy and not _whole(policy[key], 0, most):
            yield Problem(
                f"{pointer}/{key}",
                f"must be a whole number from 0 to {most} but got {policy[key]!r}",
            )
    rate = policy.get("BackoffRate", 1)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or rate <= 0:
        yield Problem(f"{pointer}/BackoffRate", f"must be a positive number but got {rate!r}")


def _condition_list(value: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield Problem(pointer, "Expecting start of Json Array.")
        return
    for index, condition in enumerate(value):
        yield from _condition(condition, f"{pointer}/{index}")


def _condition(condition: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(condition, Mapping):
        yield Problem(pointer, "Expecting start of Json Object.")
        return
    kind = condition.get("Type")
    members = _CONDITIONS.get(kind) if isinstance(kind, str) else None
    if members is None:
        yield _choice(kind, list(_CONDITIONS), f"{pointer}/Type")
        return
    yield from unknown(condition, ("Type", *members), pointer)
    for member in members:
        if member not in condition:
            yield Problem(pointer, f"a condition of type {kind} needs '{member}'")
    if "Condition" in members and "Condition" in condition:
        yield from _condition(condition["Condition"], f"{pointer}/Condition")
    if "Conditions" in members and "Conditions" in condition:
        yield from _condition_list(condition["Conditions"], f"{pointer}/Conditions")
    values = condition.get("Values", [None])
    if "Values" in members and not (isinstance(values, list) and values):
        yield Problem(f"{pointer}/Values", "must be a list with at least one value")


def _for_each(step: StepDefinition, pointer: str) -> Iterator[Problem]:
    items = step.arguments.get("IterableItems")
    if isinstance(items, list):
        if not 1 <= len(items) <= _MOST_ITEMS:
            yield Problem(
                f"{pointer}/IterableItems",
                f"must have 1 to {_MOST_ITEMS} entries but has {len(items)}",
            )
        yield from _flat(dict(enumerate(items)), f"{pointer}/IterableItems")
    elif not is_expression(items):
        yield Problem(
            f"{pointer}/IterableItems", "must be a list, or an expression whose value is one"
        )
    limit = step.arguments.get("MaxConcurrency")
    if not _whole(limit, 1, _MOST_CONCURRENT):
        yield Problem(
            f"{pointer}/MaxConcurrency",
            f"must be a whole number from 1 to {_MOST_CONCURRENT} but got {limit!r}",
        )
    if not step.body:
        yield Problem(f"{pointer}/{BODY}", "must have at least one step")
    for inner in step.body:
        if inner.type in _NO_BODY:
            yield Problem(
                f"{inner.pointer}/Type", f"a ForEach step cannot repeat steps of type {inner.type}"
            )
    yield from _selector(step, f"{pointer}/Selector")


def _selector(step: StepDefinition, pointer: str) -> Iterator[Problem]:
    selector = step.arguments.get("Selector")
    if selector is None:
        return
    if not isinstance(selector, Mapping):
        yield Problem(pointer, "Expecting start of Json Object.")
        return
    yield from unknown(selector, ("Pick", "Field"), pointer)
    if selector.get("Pick") not in ("MaxBy", "MinBy"):
        yield _choice(selector.get("Pick"), ("MaxBy", "MinBy"), f"{pointer}/Pick")
    field = selector.get("Field")
    written = field.get("Get") if isinstance(field, Mapping) else None
    names = [inner.name for inner in step.body]
    if not isinstance(written, str) or not any(
        re.match(rf"IterationOutput\.{re.escape(name)}[.\[]", written) for name in names
    ):
        yield Problem(
            f"{pointer}/Field",
            f"must be a Get of IterationOutput.STEP.MEMBER with STEP one of {', '.join(names)}",
        )


def _function(step: StepDefinition, pointer: str) -> Iterator[Problem]:
    """A Lambda or Callback step: flat inputs, and outputs that are declared."""
    extras = step.extras or {}
    target = _EXTRAS[step.type][0]
    if not (isinstance(extras.get(target), str) or is_expression(extras.get(target))):
        yield Problem(step.pointer, f"'{target}' must be a string")
    yield from _flat(step.arguments, pointer)
    outputs = extras.get("OutputParameters", [])
    if not isinstance(outputs, list):
        yield Problem(f"{step.pointer}/OutputParameters", "Expecting start of Json Array.")
        return
    for index, output in enumerate(outputs):
        where = f"{step.pointer}/OutputParameters/{index}"
        if not isinstance(output, Mapping):
            yield Problem(where, "Expecting start of Json Object.")
            continue
        yield from unknown(output, ("OutputName", "OutputType"), where)
        if not isinstance(output.get("OutputName"), str):
            yield Problem(where, "'OutputName' must be a non-empty string")
        if output.get("OutputType", "String") not in RESULT_TYPES:
            yield _choice(output["OutputType"], RESULT_TYPES, f"{where}/OutputType")


def _flat(values: Mapping[Any, Any], pointer: str) -> Iterator[Problem]:
    for key, value in values.items():
        if isinstance(value, list) or (isinstance(value, Mapping) and not is_expression(value)):
            yield Problem(
                f"{pointer}/{key}",
                "must be a string, a number, a boolean or an expression: inputs are not nested",
            )


def _property_files(step: StepDefinition) -> Iterator[Problem]:
    config = step.arguments.get("ProcessingOutputConfig")
    outputs = config.get("Outputs") if isinstance(config, Mapping) else None
    entries = outputs if isinstance(outputs, list) else []
    names = [entry.get("OutputName") for entry in entries if isinstance(entry, Mapping)]
    for index, file in enumerate(step.property_files):
        if file.output not in names and all(isinstance(name, str) for name in names):
            where = f"{step.pointer}/PropertyFiles/{index}/OutputName"
            yield _choice(file.output, [str(name) for name in names], where)


def _name(name: Any, pointer: str) -> Iterator[Problem]:
    if isinstance(name, str) and name and not _NAME.fullmatch(name):
        yield Problem(
            pointer, f"'{name}' must be 1 to 64 letters, digits, hyphens and underscores", "name"
        )


def _choice(value: object, allowed: Collection[str], pointer: str) -> Problem:
    near = difflib.get_close_matches(str(value), allowed, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return Problem(pointer, f"{value!r} is none of {', '.join(allowed) or '(none)'}{hint}")


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
