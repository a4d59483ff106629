"""What the steps of each type ask for and give: the shapes behind Arguments and behind `Steps.NAME.PATH`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.document import Definition, StepDefinition
from pipelines.definition.expressions import Key, Segment, StepReference
from pipelines.definition.requests.shapes import Shape

# Kinds that only the run decides: anything, and anything that is neither object nor array.
ANY = "Any"
SCALAR = "Scalar"


@dataclass(frozen=True)
class StepRequest:
    """`shape` is the input of the step's Create call; `optional` what the engine fills in, `refused` what steps lack."""

    shape: str
    optional: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PropertyType:
    """`kind` is String, Integer, Float, Boolean, Object, Array, SCALAR or ANY; `problem` says why a path has none."""

    kind: str
    problem: str | None = None


STEP_REQUESTS: Mapping[str, StepRequest] = {
    "Processing": StepRequest(
        "CreateProcessingJobRequest",
        frozenset(["ProcessingJobName"]),
        frozenset(["ExperimentConfig"]),
    ),
    "Training": StepRequest(
        "CreateTrainingJobRequest",
        frozenset(["TrainingJobName"]),
        frozenset(["ExperimentConfig"]),
    ),
    "Tuning": StepRequest(
        "CreateHyperParameterTuningJobRequest", frozenset(["HyperParameterTuningJobName"])
    ),
    "Transform": StepRequest(
        "CreateTransformJobRequest",
        frozenset(["TransformJobName"]),
        frozenset(["ExperimentConfig"]),
    ),
    "Model": StepRequest("CreateModelInput", frozenset(["ModelName"])),
    "RegisterModel": StepRequest(
        "CreateModelPackageInput",
        refused=frozenset(["ModelPackageName", "CertifyForMarketplace"]),
    ),
    # A check is a processing job; what is checked, and against which baseline, stands beside its Arguments.
    "QualityCheck": StepRequest("CreateProcessingJobRequest", frozenset(["ProcessingJobName"])),
    "ClarifyCheck": StepRequest("CreateProcessingJobRequest", frozenset(["ProcessingJobName"])),
    "AutoML": StepRequest(
        "CreateAutoMLJobRequest",
        frozenset(["AutoMLJobName"]),
        frozenset(["ModelDeployConfig", "GenerateCandidateDefinitionsOnly"]),
    ),
    # The service makes this name unique per execution; that it may be left out is not established, nor the contrary.
    "EndpointConfig": StepRequest("CreateEndpointConfigInput", frozenset(["EndpointConfigName"])),
    "Endpoint": StepRequest("CreateEndpointInput"),
    "InferenceComponent": StepRequest("CreateInferenceComponentInput"),
}
# Step type -> the shapes whose members are its properties.
_PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "Processing": ("DescribeProcessingJobResponse",),
    "Training": ("DescribeTrainingJobResponse",),
    "Tuning": (
        "DescribeHyperParameterTuningJobResponse",
        "ListTrainingJobsForHyperParameterTuningJobResponse",
    ),
    "Transform": ("DescribeTransformJobResponse",),
    "Model": ("DescribeModelOutput",),
    "RegisterModel": ("DescribeModelPackageOutput",),
    "AutoML": ("DescribeAutoMLJobResponse",),
    "EndpointConfig": ("DescribeEndpointConfigOutput",),
    "Endpoint": ("DescribeEndpointOutput",),
    "InferenceComponent": ("DescribeInferenceComponentOutput",),
}
_CONSTRAINTS = (("CalculatedBaselineConstraints",), ("BaselineUsedForDriftCheckConstraints",))
_STATISTICS = (("CalculatedBaselineStatistics",), ("BaselineUsedForDriftCheckStatistics",))
_BEST = "BestCandidateProperties"
# Step type -> texts among its properties that no shape has.
_TEXTS: Mapping[str, tuple[tuple[Segment, ...], ...]] = {
    "QualityCheck": (*_CONSTRAINTS, *_STATISTICS),
    "ClarifyCheck": _CONSTRAINTS,
    "AutoML": ((_BEST, "ModelInsightsJsonReportPath"), (_BEST, "ExplainabilityJsonReportPath")),
}
_KINDS = {
    "string": "String",
    "integer": "Integer",
    "long": "Integer",
    "float": "Float",
    "double": "Float",
    "boolean": "Boolean",
    "structure": "Object",
    "map": "Object",
    "list": "Array",
    "blob": "String",
    # Written as numbers on the wire, as texts elsewhere.
    "timestamp": ANY,
}
_LOOP_COUNTS = (
    "InputItemCount",
    "TotalStepCount",
    "SucceededStepCount",
    "FailedStepCount",
    "StoppedStepCount",
)


def kind_of(shape: Shape) -> str:
    return _KINDS[shape["type"]]


class PropertyTypes:
    """The types of what steps refer to, each path looked up once."""

    def __init__(self, definition: Definition, shapes: Mapping[str, Shape]) -> None:
        self._steps = {step.name: step for step in definition.steps}
        for step in definition.steps:
            self._steps.update({inner.name: inner for inner in step.body})
        self._shapes = shapes
        self._known: dict[StepReference, PropertyType] = {}

    def of(self, reference: StepReference) -> PropertyType:
        """ANY for a step that does not exist: the structural check tells that."""
        if reference not in self._known:
            step = self._steps.get(reference.step)
            self._known[reference] = self._find(step, reference) if step else PropertyType(ANY)
        return self._known[reference]

    def unknown_member(self, reference: StepReference) -> tuple[str, tuple[str, ...]] | None:
        """The member at which a path stops to make sense, and those that may stand there; None if it is no member."""
        step = self._steps.get(reference.step)
        roots = _PROPERTIES.get(step.type, ()) if step else ()
        first = {member: root for root in roots for member in self._shapes[root]["members"]}
        if not (reference.path and isinstance(reference.path[0], str) and first):
            return None
        if reference.path[0] not in first:
            return reference.path[0], tuple(first)
        name = first[reference.path[0]]
        for segment in reference.path:
            shape = self._shapes[name]
            inner = self._inner(shape, segment)
            if inner is None:
                known = isinstance(segment, str) and shape["type"] == "structure"
                return (str(segment), tuple(shape["members"])) if known else None
            name = inner
        return None

    def _find(self, step: StepDefinition, reference: StepReference) -> PropertyType:
        if reference.property_file:
            return PropertyType(ANY)
        kind: str | None
        if reference.path in _TEXTS.get(step.type, ()):
            kind = "String"
        elif step.type in _PROPERTIES:
            kind = self._in_shapes(_PROPERTIES[step.type], reference.path)
        elif step.type in ("Lambda", "Callback"):
            kind = _output(step, reference.path)
        elif step.type == "Condition":
            kind = "Boolean" if reference.path == ("Outcome",) else None
        elif step.type == "ForEach":
            kind = self._repeated(step, reference.path)
        else:
            kind = None if step.type in _TEXTS else ANY
        if kind is not None:
            return PropertyType(kind)
        return PropertyType(ANY, f"Unknown property reference [{_written(reference)}].")

    def _in_shapes(self, names: tuple[str, ...], path: tuple[Segment, ...]) -> str | None:
        for name in names:
            if path and path[0] in self._shapes[name]["members"]:
                return self._follow(name, path)
        return None

    def _follow(self, name: str, path: tuple[Segment, ...]) -> str | None:
        for segment in path:
            inner = self._inner(self._shapes[name], segment)
            if inner is None:
                return None
            name = inner
        return kind_of(self._shapes[name])

    @staticmethod
    def _inner(shape: Shape, segment: Segment) -> str | None:
        """The shape that a segment leads to."""
        kind = shape["type"]
        found: str | None = None
        if kind == "structure" and isinstance(segment, str) and segment in shape["members"]:
            found = shape["members"][segment]["shape"]
        elif kind == "list" and isinstance(segment, int | Key):
            found = shape["member"]["shape"]
        elif kind == "map" and isinstance(segment, Key):
            found = shape["value"]["shape"]
        return found

    def _repeated(self, step: StepDefinition, path: tuple[Segment, ...]) -> str | None:
        if path == ("Status",):
            return "String"
        if len(path) == 1 and path[0] in _LOOP_COUNTS:
            return "Integer"
        if len(path) > 1 and path[0] == "Selected" and "Selector" in step.arguments:
            return ANY
        if len(path) > 3 and path[0] == "IterationOutputs" and isinstance(path[1], int):
            inner = next((one for one in step.body if one.name == path[2]), None)
            found = self._find(inner, StepReference(inner.name, path[3:])) if inner else None
            return None if found is None or found.problem else found.kind
        return None


def _output(step: StepDefinition, path: tuple[Segment, ...]) -> str | None:
    if len(path) != 2 or path[0] != "OutputParameters" or not isinstance(path[1], Key):
        return None
    outputs: Any = (step.extras or {}).get("OutputParameters")
    for output in outputs if isinstance(outputs, list) else ():
        if isinstance(output, Mapping) and output.get("OutputName") == path[1].name:
            return str(output.get("OutputType", "String"))
    return None


def _written(reference: StepReference) -> str:
    text = f"Steps.{reference.step}"
    for segment in reference.path:
        if isinstance(segment, Key):
            text += f"['{segment.name}']"
        else:
            text += f"[{segment}]" if isinstance(segment, int) else f".{segment}"
    return text
