"""Start an execution: parameters checked before anything is sent, input data in place before it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from params.environment import Environment
from pipelines.definition.document import Definition
from pipelines.deploy import inputs, parameters
from pipelines.deploy.errors import UsageError
from pipelines.deploy.inputs import Input
from pipelines.deploy.plan import UploadInput, WriteSample


@dataclass(frozen=True)
class StartOptions:
    """What the user gave: parameter values, `--input` and `--rows`."""

    values: Mapping[str, str]
    source: str | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Launch:
    """One execution to be started; `uploads` are the objects it will read, whether or not they are there."""

    name: str
    definition: Definition
    values: Mapping[str, str]
    uploads: tuple[UploadInput | WriteSample, ...]

    def objects(self) -> tuple[tuple[str, str], ...]:
        """The (bucket, key) pairs of the uploads."""
        return tuple((each.bucket, each.key) for each in self.uploads)


def prepare(
    environment: Environment, name: str, definition: Definition, options: StartOptions
) -> Launch:
    """Decide what to start with. Raises UsageError when the definition does not take it."""
    data = _input(environment, definition, options)
    values = dict(options.values)
    if data.uri is not None:
        values[inputs.PARAMETER] = data.uri
    parameters.check(name, definition, values)
    return Launch(name, definition, values, data.uploads)


def _input(environment: Environment, definition: Definition, options: StartOptions) -> Input:
    given = inputs.PARAMETER in options.values
    if options.source is not None and options.rows is not None:
        raise UsageError("--rows makes synthetic data and --input brings data; give one of them")
    if given and (options.source is not None or options.rows is not None):
        raise UsageError(
            f"--param {inputs.PARAMETER} says where the data is; drop --input or --rows"
        )
    if options.source is not None:
        return inputs.given(options.source, environment)
    if environment.runtime is None and options.rows is not None:
        raise UsageError(
            f"--rows makes synthetic data in the local runtime only, not in '{environment.name}'; "
            "give --input"
        )
    if environment.runtime is None or given:
        return Input()
    return inputs.sample(environment, definition, options.rows)
