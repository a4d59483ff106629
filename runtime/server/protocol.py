"""SageMaker's operations as functions: requests checked and answers cut by botocore's own service model."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.loaders import Loader

from runtime.api import ApiError
from runtime.server import operations
from runtime.server.shapes import Cutter, Reader, Shapes

if TYPE_CHECKING:
    from runtime.runtime import Runtime

Function = Callable[["Runtime", dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Operation:
    """`name` is CreatePipeline, `function_name` create_pipeline."""

    name: str
    function_name: str
    read: Reader
    cut: Cutter | None


class Service:
    """What the service model says about each operation, compiled when it is first needed."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self._operations = model["operations"]
        self.shapes: Mapping[str, Any] = model["shapes"]
        self._shapes = Shapes(self.shapes)
        self._compiled: dict[str, Operation] = {}

    def operation(self, name: str) -> Operation:
        """Raises ApiError when SageMaker has no such operation."""
        if name not in self._compiled:
            if name not in self._operations:
                raise ApiError(
                    "UnknownOperationException", f"SageMaker has no operation named '{name}'."
                )
            model = self._operations[name]
            output = model.get("output")
            self._compiled[name] = Operation(
                name,
                xform_name(name),
                self._shapes.reader(model["input"]["shape"]),
                self._shapes.cutter(output["shape"]) if output else None,
            )
        return self._compiled[name]

    def reader(self, shape: str) -> Reader:
        """Checks one value against a shape of the model."""
        return self._shapes.reader(shape)

    def answer_reader(self, name: str) -> Reader:
        """Checks an operation's answer as `read` checks its request: what tests hold the runtime to."""
        return self._shapes.reader(self._operations[name]["output"]["shape"])


@cache
def service() -> Service:
    """The SageMaker model of the installed botocore (about 60 ms, once)."""
    return Service(Loader().load_service_model("sagemaker", "service-2"))


def find_operations() -> dict[str, Function]:
    """Every public function of the modules in `operations`, by its name."""
    found: dict[str, Function] = {}
    for module in pkgutil.iter_modules(operations.__path__):
        if module.name.startswith("_"):
            continue
        loaded = importlib.import_module(f"{operations.__name__}.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            if function.__module__ != loaded.__name__ or name.startswith("_"):
                continue
            if name in found:
                raise ValueError(
                    f"{name} is defined in {found[name].__module__} and {loaded.__name__}"
                )
            found[name] = function
    return found


class Dispatcher:
    """Runs operations as a client's request would; the engine calls it in process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._functions = find_operations()

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Check the request, run the operation, cut the answer to the output's shape. Raises ApiError."""
        known = service().operation(operation)
        function = self._functions.get(known.function_name)
        if function is None:
            raise ApiError(
                "UnknownOperationException",
                f"The local runtime does not have SageMaker's operation '{operation}'.",
            )
        broken: list[str] = []
        checked = known.read(request, "", broken)
        if broken:
            errors = (
                "1 validation error" if len(broken) == 1 else f"{len(broken)} validation errors"
            )
            raise ApiError("ValidationException", f"{errors} detected: {'; '.join(broken)}")
        answer = function(self._runtime, checked)
        return known.cut(answer) if known.cut else {}
