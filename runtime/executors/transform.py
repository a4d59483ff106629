"""Transform: the properties are DescribeTransformJob's answer."""

from __future__ import annotations

from runtime.executors._jobs import JobExecutor


class TransformExecutor(JobExecutor):
    step_type = "Transform"
    kind = "TransformJob"
    metadata_key = "TransformJob"
