"""A service's operations as functions: requests checked and answers cut by botocore's own service model."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.loaders import Loader

from pipelines.definition.requests.shapes import Cutter, Mistyped, Reader, Shapes
from runtime.api import ApiError
from runtime.server import operations

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_NAMES = {"sagemaker": "SageMaker", "logs": "CloudWatch Logs"}
Function = Callable[["Runtime", dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Operation:
    """`name` is CreatePipeline, `function_name` create_pipeline."""

    name: str
    function_name: str
    read: Reader
    cut: Cutter | None


@cache
def loader() -> Loader:
    """botocore's reader of service models: each is parsed once by whoever shares it."""
    return Loader()


class Service:
    """What the service model says about each operation, compiled when it is first needed."""

    def __init__(self, name: str) -> None:
        model = loader().load_service_model(name, "service-2")
        self.name = _NAMES[name]
        self._operations = model["operations"]
        self.shapes: Mapping[str, Any] = model["shapes"]
        self._shapes = Shapes(self.shapes)
        self._compiled: dict[str, Operation] = {}
        self._compiling = threading.Lock()

    def operation(self, name: str) -> Operation:
        """Raises ApiError when the service has no such operation."""
        if name not in self._operations:
            raise ApiError(
                "UnknownOperationException", f"{self.name} has no operation named '{name}'."
            )
        if name not in self._compiled:
            # Shapes are shared between operations, and one that is half compiled cannot be used.
            with self._compiling:
                self._compiled.setdefault(name, self._compile(name))
        return self._compiled[name]

    def reader(self, shape: str) -> Reader:
        """Checks one value against a shape of the model."""
        with self._compiling:
            return self._shapes.reader(shape)

    def answer_reader(self, name: str) -> Reader:
        """Checks an operation's answer as `read` checks its request: what tests hold the runtime to."""
        with self._compiling:
            return self._shapes.reader(self._operations[name]["output"]["shape"])

    def _compile(self, name: str) -> Operation:
        model = self._operations[name]
        output = model.get("output")
        return Operation(
            name,
            xform_name(name),
            _refusing(self._shapes.reader(model["input"]["shape"])),
            self._shapes.cutter(output["shape"]) if output else None,
        )


def _refusing(reader: Reader) -> Reader:
    def read(value: Any, path: str, found: list[str]) -> Any:
        try:
            return reader(value, path, found)
        except Mistyped as error:
            raise ApiError("SerializationException", str(error)) from error

    return read


@cache
def service(name: str = "sagemaker") -> Service:
    """A service's model of the installed botocore (SageMaker's takes about 60 ms, once)."""
    return Service(name)


def find_operations(package: ModuleType = operations) -> dict[str, Function]:
    """Every public function of the modules in a package, by its name."""
    found: dict[str, Function] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("_"):
            continue
        loaded = importlib.import_module(f"{package.__name__}.{module.name}")
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
    """Runs operations as a client's request would; the engine calls it in process.

    `refusal` is the error code of a request that the model does not allow.
    """

    def __init__(
        self,
        runtime: Runtime,
        service_name: str = "sagemaker",
        package: ModuleType = operations,
        refusal: str = "ValidationException",
    ) -> None:
        self._runtime = runtime
        self._service_name = service_name
        self._functions = find_operations(package)
        self._refusal = refusal

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Check the request, run the operation, cut the answer to the output's shape. Raises ApiError."""
        model = service(self._service_name)
        known = model.operation(operation)
        function = self._functions.get(known.function_name)
        if function is None:
            raise ApiError(
                "UnknownOperationException",
                f"The local runtime does not have {model.name}'s operation '{operation}'.",
            )
        broken: list[str] = []
        checked = known.read(request, "", broken)
        if broken:
            errors = (
                "1 validation error" if len(broken) == 1 else f"{len(broken)} validation errors"
            )
            raise ApiError(self._refusal, f"{errors} detected: {'; '.join(broken)}")
        answer = function(self._runtime, checked)
        return known.cut(answer) if known.cut else {}
