"""The SDK's own step types, carrying an exact request instead of one taken from a producer.

The producers (ModelTrainer, ScriptProcessor ...) need a session and a role, refuse pipeline variables in ten
places and write numbers where the service wants strings; the steps around them do none of that.
Caching, retries, property files, properties and dependencies stay the SDK's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sagemaker.core.workflow.properties import Properties, PropertyFile
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.retry import (
    RetryPolicy,
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.steps import (
    CacheConfig,
    ConfigurableRetryStep,
    ProcessingStep,
    StepTypeEnum,
    TrainingStep,
    TransformStep,
    TuningStep,
)

# A month: long enough for an experiment, short enough that stale data is not reused for ever.
CACHE = CacheConfig(enable_caching=True, expire_after="P30D")


class _Exact(ConfigurableRetryStep):  # type: ignore[misc]
    kind: ClassVar[StepTypeEnum]
    # Describe* responses whose members `properties` offers.
    shapes: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        name: str,
        request: dict[str, Any],
        *,
        description: str,
        cache: bool = False,
        property_files: Sequence[PropertyFile] = (),
    ) -> None:
        # Not super(): the producers' constructors in between demand step_args.
        ConfigurableRetryStep.__init__(
            self, name, self.kind, description=description, retry_policies=retries(self.kind)
        )
        self.step_args = None  # the SDK looks here for a producer's local code to hash
        self._request = request
        self._properties = Properties(step_name=name, step=self, shape_names=list(self.shapes))
        self.cache_config = CACHE if cache else None
        self.property_files = list(property_files)

    @property
    def arguments(self) -> dict[str, Any]:
        return self._request

    @property
    def properties(self) -> Properties:
        return self._properties


class ExactTrainingStep(_Exact, TrainingStep):  # type: ignore[misc]
    kind = StepTypeEnum.TRAINING
    shapes = ("DescribeTrainingJobResponse",)


class ExactTuningStep(_Exact, TuningStep):  # type: ignore[misc]
    kind = StepTypeEnum.TUNING
    shapes = (
        "DescribeHyperParameterTuningJobResponse",
        "ListTrainingJobsForHyperParameterTuningJobResponse",
    )


class ExactProcessingStep(_Exact, ProcessingStep):  # type: ignore[misc]
    kind = StepTypeEnum.PROCESSING
    shapes = ("DescribeProcessingJobResponse",)


class ExactTransformStep(_Exact, TransformStep):  # type: ignore[misc]
    kind = StepTypeEnum.TRANSFORM
    shapes = ("DescribeTransformJobResponse",)


class ExactModelStep(_Exact, ModelStep):  # type: ignore[misc]
    kind = StepTypeEnum.CREATE_MODEL
    shapes = ("DescribeModelOutput",)


class ExactRegisterStep(_Exact, ModelStep):  # type: ignore[misc]
    kind = StepTypeEnum.REGISTER_MODEL
    shapes = ("DescribeModelPackageOutput",)


_MODEL_KINDS = (StepTypeEnum.CREATE_MODEL, StepTypeEnum.REGISTER_MODEL)


def retries(kind: StepTypeEnum) -> list[RetryPolicy]:
    """What to try again: always the service's own hiccups; for jobs also missing capacity and quota."""
    policies: list[RetryPolicy] = [
        StepRetryPolicy(
            exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
            interval_seconds=5,
            backoff_rate=2.0,
            max_attempts=5,
        )
    ]
    if kind in _MODEL_KINDS:  # no job, so the SageMaker.* types do not apply
        return policies
    waits = [
        SageMakerJobExceptionTypeEnum.CAPACITY_ERROR,
        SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT,
    ]
    policies.append(
        SageMakerJobStepRetryPolicy(
            exception_types=waits, interval_seconds=60, backoff_rate=2.0, expire_after_mins=180
        )
    )
    if kind is not StepTypeEnum.TUNING:  # a tuning job retries its own training jobs instead
        policies.append(
            SageMakerJobStepRetryPolicy(
                failure_reason_types=[SageMakerJobExceptionTypeEnum.INTERNAL_ERROR],
                interval_seconds=10,
                backoff_rate=2.0,
                max_attempts=2,
            )
        )
    return policies
