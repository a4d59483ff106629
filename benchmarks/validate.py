"""What the rules cost: a large definition of good steps, and the worst shapes a megabyte of JSON can have.

    python benchmarks/validate.py

Prints for each the size, the findings and the seconds of processor time. Ends with 1 when one takes longer
than a second.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.definition.size import MOST_ENTRIES, MOST_VALUES
from pipelines.rules._base import Finding
from pipelines.rules._engine import validate

GOOD = Path(__file__).parents[1] / "tests" / "cases" / "good"
MEGABYTE = 1_048_576
LIMIT_SECONDS = 1.0


def definition(steps: list[Any], parameters: list[Any] | None = None) -> str:
    document = {"Version": "2020-12-01", "Parameters": parameters or [], "Steps": steps}
    return json.dumps(document)


def training(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"Name": name, "Type": "Training", "Arguments": dict(arguments)}


def good_steps() -> str:
    """The steps of the good definitions again and again, under new names, up to a megabyte."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(GOOD.glob("*.json"))]
    # A few hold as much as all others.
    documents = [json.loads(text) for text in texts if len(text) < 20_000]
    parameters: dict[str, Any] = {}
    steps: list[Any] = []
    size = 0
    for number in itertools.count():
        document = documents[number % len(documents)]
        added = _Renaming(document, f"-{number}", parameters).of(document["Steps"])
        size += len(json.dumps(added)) + 2
        if size > MEGABYTE * 0.97:
            break
        steps += added
    return definition(steps, list(parameters.values()))


class _Renaming:
    """Gives the steps of a document names of their own; equal parameters of several documents become one."""

    def __init__(self, document: Any, suffix: str, parameters: dict[str, Any]) -> None:
        self._steps = {name: f"{name[:50]}{suffix}" for name in _names(document["Steps"])}
        self._parameters = {}
        for parameter in document.get("Parameters", ()):
            same = json.dumps(parameter)
            added = parameters.setdefault(same, {**parameter, "Name": f"P{len(parameters)}"})
            self._parameters[parameter["Name"]] = added["Name"]

    def of(self, value: Any, key: str = "") -> Any:
        if isinstance(value, list):
            return [self.of(each, key) for each in value]
        if isinstance(value, dict):
            return {inner: self.of(each, inner) for inner, each in value.items()}
        if key == "Get":
            return self._reference(value)
        if key in ("Name", "Step", "StepName", "DependsOn"):
            return self._steps.get(value, value)
        return value

    def _reference(self, text: str) -> str:
        root, _, rest = text.partition(".")
        name, dot, path = rest.partition(".")
        known = {"Steps": self._steps, "IterationOutput": self._steps}.get(root, {})
        name = self._parameters[name] if root == "Parameters" else known.get(name, name)
        return f"{root}.{name}{dot}{path}"


def _names(steps: list[Any]) -> Iterator[str]:
    for step in steps:
        yield step["Name"]
        for key in ("IfSteps", "ElseSteps", "ForEachBody"):
            yield from _names(step.get("Arguments", {}).get(key, []))


def several(make: Callable[[str], Any], entries: int, of: int = MOST_VALUES) -> list[Any]:
    """So many steps with so many entries each that the document is just not too large to be looked at."""
    return [make(f"T{number}") for number in range(of // (entries + 20))]


def one_huge_list() -> str:
    return definition([training("T", {"InputDataConfig": [1] * 400_000})])


def many_numbers() -> str:
    channels = [1] * MOST_ENTRIES
    return definition(
        several(lambda name: training(name, {"InputDataConfig": channels}), MOST_ENTRIES)
    )


def many_small_objects() -> str:
    channels: list[Any] = [{}] * MOST_ENTRIES
    return definition(
        several(lambda name: training(name, {"InputDataConfig": channels}), MOST_ENTRIES)
    )


def many_parameters() -> str:
    return definition([], [{"Name": f"P{n}"} for n in range(MOST_ENTRIES)])


def hundred_thousand_parameters() -> str:
    """More than a megabyte, so more than the service reads."""
    return definition([], [{"Name": f"Parameter{n}", "Type": "String"} for n in range(100_000)])


def undeclared_parameters() -> str:
    values = [{"Get": f"Parameters.Parametre{n}"} for n in range(MOST_ENTRIES)]
    parameters = [{"Name": f"Parameter{n}"} for n in range(MOST_ENTRIES)]
    return definition(
        several(lambda name: fail(name, values), 2 * MOST_ENTRIES, 45_000), parameters
    )


def unknown_members() -> str:
    arguments = {f"Hyperparameter{n}": 1 for n in range(MOST_ENTRIES)}
    return definition(several(lambda name: training(name, arguments), MOST_ENTRIES))


def unknown_keys_of_steps() -> str:
    keys = {f"DependOn{n}": 1 for n in range(MOST_ENTRIES - 3)}
    return definition(several(lambda name: {**training(name, {}), **keys}, MOST_ENTRIES))


def long_joins() -> str:
    values = [{"Get": "Execution.PipelineName"}] * MOST_ENTRIES
    return definition(several(lambda name: fail(name, values), 2 * MOST_ENTRIES))


def joins_in_joins() -> str:
    value: Any = "x"
    for _ in range(180):
        value = {"Std:Join": {"On": "", "Values": [value]}}
    return definition([fail(f"F{n}", [value]) for n in range(80)])


def deep_nesting() -> str:
    return '{"Version": "2020-12-01", "Steps": ' + "[" * 500_000 + "]" * 500_000 + "}"


def conditions_in_branches() -> str:
    steps: list[Any] = []
    for number in range(150):
        arguments = {"Conditions": [], "IfSteps": steps, "ElseSteps": []}
        steps = [{"Name": f"C{number}", "Type": "Condition", "Arguments": arguments}]
    return definition(steps)


def conditions_side_by_side() -> str:
    inner = [{"Name": f"F{n}", "Type": "Fail", "Arguments": {}} for n in range(8)]
    arguments = {"Conditions": [], "IfSteps": inner, "ElseSteps": inner}
    return definition(
        [{"Name": f"C{n}", "Type": "Condition", "Arguments": arguments} for n in range(600)]
    )


def chain_of_steps() -> str:
    return definition([waiting(f"S{n}", [f"S{n - 1}"] if n else []) for n in range(MOST_ENTRIES)])


def everything_waits_for_everything() -> str:
    names = [f"S{n}" for n in range(330)]
    return definition([waiting(name, names[:n]) for n, name in enumerate(names)])


def everything_waits_in_a_circle() -> str:
    names = [f"S{n}" for n in range(230)]
    return definition([waiting(name, names) for name in names])


def steps_of_one_name() -> str:
    return definition([fail("S", [])] * MOST_ENTRIES)


def unknown_steps_referred_to() -> str:
    values = [{"Get": f"Steps.Trane{n}.TrainingJobName"} for n in range(MOST_ENTRIES)]
    steps = several(lambda name: fail(f"F{name}", values), 2 * MOST_ENTRIES, 30_000)
    return definition([*steps, *(training(f"Train{n}", {}) for n in range(4_000))])


def many_hyperparameters() -> str:
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    arguments = {
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "HyperParameters": {f"max_dept{n}": "6" for n in range(MOST_ENTRIES)},
    }
    return definition(several(lambda name: training(name, arguments), MOST_ENTRIES))


def many_ranges() -> str:
    entry = {"Name": "eta", "MinValue": "1", "MaxValue": "0"}
    ranges = {"ContinuousParameterRanges": [entry] * 4_000}
    arguments = {"HyperParameterTuningJobConfig": {"Strategy": "Grid", "ParameterRanges": ranges}, "TrainingJobDefinition": {}}  # fmt: skip
    return definition(several(lambda name: {**training(name, arguments), "Type": "Tuning"}, 16_000))


def many_outputs() -> str:
    output = {
        "OutputName": "o",
        "S3Output": {"S3Uri": "s3://b/o", "LocalPath": "/opt/ml/processing/o"},
    }
    arguments = {"ProcessingOutputConfig": {"Outputs": [output] * MOST_ENTRIES}}
    return definition(
        several(lambda name: {**training(name, arguments), "Type": "Processing"}, 25_000)
    )


def many_retry_policies() -> str:
    policies = [{"ExceptionType": ["Step.THROTTLING"]}] * MOST_ENTRIES
    return definition(
        several(lambda name: {**training(name, {}), "RetryPolicies": policies}, 15_000)
    )


def one_long_text() -> str:
    return definition([training("T" * 500_000, {"RoleArn": "s3://" + "a/" * 200_000})])


def long_property_path() -> str:
    path = "Steps.A." + ".".join(["A['b'][0]"] * 100_000)
    return definition([{"Name": "F", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": path}}}])


def many_property_paths() -> str:
    path = "Steps.T0." + ".".join(["A['b'][0]"] * 90)
    values = [{"Get": f"{path}{'.x' * (n % 2)}{n}"} for n in range(1_000)]
    return definition([training("T0", {}), fail("F", values)])


def many_conditions() -> str:
    compared = {"Type": "Equals", "LeftValue": {"Get": "Parameters.A"}, "RightValue": 1}
    arguments = {"Conditions": [compared] * 2_900, "IfSteps": [], "ElseSteps": []}
    return definition(
        several(lambda name: {"Name": name, "Type": "Condition", "Arguments": arguments}, 14_500)
    )


def enum_values() -> str:
    values = [f"v{n}" for n in range(MOST_ENTRIES)]
    parameter = {"Name": "P", "EnumValues": values, "DefaultValue": "v"}
    return definition([], [parameter] * 11)


def fail(name: str, values: list[Any]) -> dict[str, Any]:
    message = {"Std:Join": {"On": "", "Values": values}}
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def waiting(name: str, others: list[str]) -> dict[str, Any]:
    return {"Name": name, "Type": "Processing", "Arguments": {}, "DependsOn": others}


SHAPES: tuple[Callable[[], str], ...] = (
    good_steps,
    one_huge_list,
    many_numbers,
    many_small_objects,
    many_parameters,
    hundred_thousand_parameters,
    undeclared_parameters,
    unknown_members,
    unknown_keys_of_steps,
    long_joins,
    joins_in_joins,
    deep_nesting,
    conditions_in_branches,
    conditions_side_by_side,
    chain_of_steps,
    everything_waits_for_everything,
    everything_waits_in_a_circle,
    steps_of_one_name,
    unknown_steps_referred_to,
    many_hyperparameters,
    many_ranges,
    many_outputs,
    many_retry_policies,
    one_long_text,
    long_property_path,
    many_property_paths,
    many_conditions,
    enum_values,
)


def measure(text: str) -> tuple[tuple[Finding, ...], float]:
    """What is found, and the seconds of processor time it took."""
    began = time.process_time()
    found = validate(text)
    return found, time.process_time() - began


def main() -> int:
    validate(definition([training("Warm", {})]))  # reads the service model
    steps = len(list(_names(json.loads(good_steps())["Steps"])))
    print(f"{steps} good steps of every type, and the worst shapes:\n")
    slow = False
    print(f"{'shape':34} {'KiB':>6} {'findings':>9} {'seconds':>8}")
    for shape in SHAPES:
        text = shape()
        found, seconds = measure(text)
        slow |= seconds > LIMIT_SECONDS
        print(f"{shape.__name__:34} {len(text) / 1024:6.0f} {len(found):9} {seconds:8.3f}")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
