"""What every step type of the runtime promises, over an API that answers whatever its model allows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.loaders
import botocore.model
import pytest

import runtime.executors
from pipelines.definition.discovery import by_key, find
from pipelines.definition.document import Definition, StepDefinition
from runtime.api import ApiError
from runtime.callbacks import Answer, Callbacks
from runtime.executors._base import StepContext, StepExecutor, StepFailed, StepOutcome, StepStopped
from runtime.expressions import Scope
from runtime.outside import Outside
from runtime.stop import StopSignal
from runtime.storage._base import StorageFull

EXECUTORS = by_key(find(runtime.executors, StepExecutor), "step_type")
SERVICE = botocore.model.ServiceModel(
    botocore.loaders.Loader().load_service_model("sagemaker", "service-2"), "sagemaker"
)
METADATA = SERVICE.shape_for("PipelineExecutionStepMetadata")
UNDEFINED = {"Get": "Steps.Nobody.Name"}
# What a definition needs before the step can do anything; the rest is the service's to check.
ARGUMENTS: Mapping[str, dict[str, Any]] = {
    "Condition": {"Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}]},
    "RegisterModel": {"ModelPackageGroupName": "group"},
    "ForEach": {"IterableItems": [], "MaxConcurrency": 1},
}


def sample(shape: Any, depth: int = 0) -> Any:
    """A document of this shape: one entry per list, `Completed` where that is a choice."""
    if shape.type_name == "structure":
        members = shape.members.items() if depth < 4 else ()
        return {name: sample(member, depth + 1) for name, member in members}
    if shape.type_name == "list":
        return [sample(shape.member, depth + 1)]
    if shape.type_name == "map":
        return {"key": "value"}
    if shape.type_name == "string":
        choices = getattr(shape, "enum", None) or ["text"]
        return "Completed" if "Completed" in choices else choices[0]
    return {"boolean": True, "timestamp": 1.0}.get(shape.type_name, 1)


@dataclass
class ModelledApi:
    """Answers by the model, with `changes`; or refuses every call."""

    changes: dict[str, Any] = field(default_factory=dict)
    refusal: Exception | None = None
    calls: list[str] = field(default_factory=list)

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        model = SERVICE.operation_model(operation)
        unknown = set(request) - set(model.input_shape.members)
        assert not unknown, f"{operation} has no {unknown}"
        self.calls.append(operation)
        if self.refusal:
            raise self.refusal
        answer = sample(model.output_shape) if model.output_shape else {}
        return {**answer, **{key: new for key, new in self.changes.items() if key in answer}}


class Nothing:
    """Functions that return nothing."""

    def invoke(self, arn: str, event: Mapping[str, Any]) -> None:
        return None


@dataclass
class Run:
    """One step of a type, run by itself."""

    step_type: str
    api: ModelledApi = field(default_factory=ModelledApi)
    stop: StopSignal = field(default_factory=StopSignal)
    hit: StepOutcome | None = None
    stopped_while_waiting: bool = False
    callbacks: Callbacks = field(default_factory=Callbacks)

    def __call__(self, **arguments: Any) -> StepOutcome:
        given = {**ARGUMENTS.get(self.step_type, {}), **arguments}
        step = StepDefinition("Step_1", self.step_type, given, "/Steps/0")
        context = StepContext(
            execution_id="abcdef123456",
            execution_arn="arn:p/execution/abcdef123456",
            api=self.api,
            outside=Outside(self.callbacks, Nothing(), self._send),  # type: ignore[arg-type]
            scope=Scope(Definition((), (step,), {}), None),  # type: ignore[arg-type]
            stop=self.stop,
            wait=self._wait,
            show=lambda metadata: None,
            cached=lambda arguments: self.hit,
            child=lambda step, scope, iteration: pytest.fail("no items, no child"),
        )
        return EXECUTORS[self.step_type]().run(step, context)

    def _send(self, queue: str, text: str) -> None:
        if isinstance(self.api.refusal, ApiError):
            raise self.api.refusal
        self.callbacks.answer(json.loads(text)["token"], Answer())

    def _wait(self, kind: str, name: str) -> None:
        if self.stopped_while_waiting:
            self.stop.request()
            self.api.changes[f"{kind}Status"] = "Stopped"


def ended(run: Run) -> StepOutcome:
    """How the step ends; a Fail step has nothing but its metadata."""
    try:
        return run()
    except StepFailed as failed:
        assert run.step_type == "Fail"
        return StepOutcome(metadata=failed.metadata)


@pytest.mark.parametrize("step_type", sorted(EXECUTORS))
class TestExecutor:
    def test_the_metadata_is_what_the_service_lists_for_a_step(self, step_type: str) -> None:
        outcome = ended(Run(step_type))
        [(key, value)] = outcome.metadata.items()
        assert key in METADATA.members
        assert set(value) <= set(METADATA.members[key].members)

    def test_properties_and_metadata_are_json(self, step_type: str) -> None:
        outcome = ended(Run(step_type))
        json.dumps([outcome.properties, outcome.metadata], allow_nan=False)

    def test_a_value_that_does_not_exist_fails_the_step_by_name(self, step_type: str) -> None:
        wrong = {
            "Condition": {
                "Conditions": [{"Type": "Equals", "LeftValue": UNDEFINED, "RightValue": 1}]
            },
            "Fail": {"ErrorMessage": UNDEFINED},
            "ForEach": {"IterableItems": UNDEFINED},
        }
        run = Run(step_type)
        with pytest.raises(StepFailed, match=r"^ClientError: .*Steps.Nobody.Name.* is undefined"):
            run(**wrong.get(step_type, {"RoleArn": UNDEFINED}))
        assert run.api.calls == []

    @pytest.mark.parametrize(
        "refusal", [ApiError("ValidationException", "no"), StorageFull("no space")]
    )
    def test_a_refusal_of_the_service_is_the_reason(
        self, step_type: str, refusal: Exception
    ) -> None:
        run = Run(step_type, ModelledApi(refusal=refusal))
        try:
            run()
        except StepFailed as failed:
            if run.api.calls:
                assert failed.reason.startswith("ClientError: ")
                assert failed.reason.endswith(str(getattr(refusal, "message", refusal)))
                assert failed.metadata == {}
        else:
            assert run.api.calls == []

    def test_it_keeps_nothing_between_steps(self, step_type: str) -> None:
        assert vars(EXECUTORS[step_type]()) == {}
        ended(Run(step_type))
        assert vars(EXECUTORS[step_type]()) == {}

    def test_what_creates_a_job_can_be_stopped_cached_and_fail(self, step_type: str) -> None:
        run = Run(step_type, stopped_while_waiting=True)
        try:
            run()
        except StepStopped as stopped:
            assert stopped.metadata
        except StepFailed:
            assert step_type == "Fail"
        creates = next((call for call in run.api.calls if call.startswith("Create")), "")
        if not creates.endswith("Job"):
            return
        kind = creates.removeprefix("Create")
        assert f"Stop{kind}" in run.api.calls
        hit = StepOutcome({"Name": "old"}, {"TrainingJob": {"Arn": "old"}}, source="arn")
        cached = Run(step_type, hit=hit)
        assert cached() is hit
        assert cached.api.calls == []
        failing = ModelledApi({f"{kind}Status": "Failed", "FailureReason": "CapacityError: none"})
        with pytest.raises(StepFailed, match=r"^ClientError: CapacityError: none$") as caught:
            Run(step_type, failing)()
        assert caught.value.exception_type == "SageMaker.CAPACITY_ERROR"
        assert caught.value.metadata


def test_the_step_types_of_the_first_storey_are_found() -> None:
    expected = {"Processing", "Training", "Tuning", "Transform", "Model", "RegisterModel"}
    expected |= {"Condition", "Fail", "Lambda", "Callback", "ForEach"}
    assert expected == set(EXECUTORS)
