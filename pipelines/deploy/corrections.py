"""Puts right what the SDK is known to write wrong, in the definition it made, driven by the service's own shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

from pipelines.definition.document import BODY, BRANCHES
from pipelines.definition.expressions import (
    Get,
    Key,
    ParameterReference,
    Segment,
    StepReference,
    is_expression,
    parse_expression,
)

# Type of step -> the call its arguments are the request of.
_OPERATIONS = {
    "AutoML": "CreateAutoMLJob",
    "Model": "CreateModel",
    "Processing": "CreateProcessingJob",
    "RegisterModel": "CreateModelPackage",
    "Training": "CreateTrainingJob",
    "Transform": "CreateTransformJob",
    "Tuning": "CreateHyperParameterTuningJob",
}
# Set together by ModelBuilder.register(), and only meant for a container that runs a script of the user's.
_SCRIPT_MODE = (
    "SAGEMAKER_PROGRAM",
    "SAGEMAKER_SUBMIT_DIRECTORY",
    "SAGEMAKER_CONTAINER_LOG_LEVEL",
    "SAGEMAKER_REGION",
)
# Type of step -> the arguments that hold steps of their own.
_NESTED = {"Condition": BRANCHES, "ForEach": (BODY,)}
_NUMERIC = frozenset(["integer", "long", "float", "double", "boolean"])


def correct(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition without the SDK's known defects."""
    correction = _Correction(_parameter_types(document), _step_types(document["Steps"]))
    without_nulls = {
        # MlflowConfig: null is new in 3.x and nobody has seen the service take it.
        key: value
        for key, value in document.items()
        if value is not None
    }
    return {**without_nulls, "Steps": [correction.step(step) for step in document["Steps"]]}


@dataclass(frozen=True)
class _Correction:
    parameters: Mapping[str, str]
    steps: Mapping[str, str]

    def step(self, step: Mapping[str, Any]) -> dict[str, Any]:
        arguments = dict(step["Arguments"])
        for key in _NESTED.get(step["Type"], ()):
            arguments[key] = [self.step(inner) for inner in arguments.get(key, [])]
        if step["Type"] in _OPERATIONS:
            shape = _operation(_OPERATIONS[step["Type"]]).input_shape
            arguments = self.value(shape, arguments)
        return {**step, "Arguments": arguments}

    def value(self, shape: Shape, value: Any) -> Any:
        if is_expression(value) or not isinstance(value, dict | list):
            return self._text(value) if shape.type_name == "string" else value
        if shape.type_name == "list" and isinstance(value, list):
            return [self.value(shape.member, entry) for entry in value]
        if shape.type_name == "map" and isinstance(value, dict):
            kept = _without_script_mode(value)
            return {key: self.value(shape.value, entry) for key, entry in kept.items()}
        if shape.type_name == "structure" and isinstance(value, dict):
            return self._members(shape, value)
        return value

    def _members(self, shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
        members = {
            name: self.value(shape.members[name], entry) if name in shape.members else entry
            for name, entry in value.items()
        }
        # An empty optional member says what its absence says; SDK versions differ in writing it.
        return {
            name: entry
            for name, entry in members.items()
            if entry != {} or name not in shape.members or name in shape.required_members
        }

    def _text(self, value: Any) -> Any:
        """The service refuses a number where it wants a text: sagemaker-python-sdk#4867."""
        if isinstance(value, bool | int | float):
            return json.dumps(value)
        expression = parse_expression(value)
        if isinstance(expression, Get) and self._is_numeric(expression):
            return {"Std:Join": {"On": "", "Values": [value]}}
        return value

    def _is_numeric(self, expression: Get) -> bool:
        reference = expression.reference
        if isinstance(reference, ParameterReference):
            return self.parameters.get(reference.name, "String") != "String"
        if isinstance(reference, StepReference) and reference.step in self.steps:
            return _property_type(self.steps[reference.step], reference.path) in _NUMERIC
        return False


def _without_script_mode(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """An empty SAGEMAKER_PROGRAM sends the XGBoost container looking for the user's module."""
    if value.get("SAGEMAKER_PROGRAM") != "":
        return value
    return {key: entry for key, entry in value.items() if key not in _SCRIPT_MODE}


def _property_type(step_type: str, path: tuple[Segment, ...]) -> str | None:
    """The shape's type behind a property path; None for a path the service model does not have."""
    shape = _operation(_OPERATIONS[step_type].replace("Create", "Describe", 1)).output_shape
    for segment in path:
        if shape.type_name == "structure" and segment in shape.members:
            shape = shape.members[segment]
        elif shape.type_name == "list" and isinstance(segment, int | Key):
            shape = shape.member
        elif shape.type_name == "map" and isinstance(segment, Key):
            shape = shape.value
        else:
            return None
    return str(shape.type_name)


def _parameter_types(document: Mapping[str, Any]) -> dict[str, str]:
    return {entry["Name"]: entry["Type"] for entry in document.get("Parameters", [])}


def _step_types(steps: list[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for step in steps:
        if step["Type"] in _OPERATIONS:
            found[step["Name"]] = step["Type"]
        for key in _NESTED.get(step["Type"], ()):
            found |= _step_types(step["Arguments"].get(key, []))
    return found


@lru_cache(maxsize=1)
def _service() -> ServiceModel:
    # The model alone, without a botocore session: it reads no configuration of this machine.
    return ServiceModel(Loader().load_service_model("sagemaker", "service-2"), "sagemaker")


def _operation(name: str) -> OperationModel:
    return _service().operation_model(name)
