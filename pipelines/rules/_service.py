"""The service models that botocore brings, each parsed once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from botocore.loaders import Loader

from pipelines.definition.requests.shapes import Shape


@cache
def service_shapes(service: str = "sagemaker") -> Mapping[str, Shape]:
    """The shapes of a service's model (SageMaker's takes about 60 ms, once)."""
    shapes: Mapping[str, Shape] = Loader().load_service_model(service, "service-2")["shapes"]
    return shapes
