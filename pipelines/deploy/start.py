"""Start an execution: parameters checked before anything is sent, input data in place before it is read."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from params.environment import DEFAULT, Environment
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
    """One execution to be started.

    `uploads` are the objects it will read, whether or not they are there; `reads` is the S3 URI of data that
    others must have put there, None where looking is not ours; `typed` are the options to start it so again,
    `again` the whole command where it is another one than a start of everything; `where` chooses the environment.
    """

    name: str
    definition: Definition
    values: Mapping[str, str]
    uploads: tuple[UploadInput | WriteSample, ...]
    reads: str | None = None
    typed: str = ""
    again: str = ""
    where: str = ""

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
    reads = None if data.uploads else _reads(environment, definition, values)
    return Launch(
        name,
        definition,
        values,
        data.uploads,
        reads,
        typed=_typed(environment, options),
        where=environment_option(environment),
    )


def _reads(
    environment: Environment, definition: Definition, values: Mapping[str, str]
) -> str | None:
    defaults = {each.name: each.default for each in definition.parameters}
    uri = values.get(inputs.PARAMETER, defaults.get(inputs.PARAMETER))
    if not isinstance(uri, str) or not inputs.is_s3_uri(uri):
        return None
    # In AWS the jobs' role may read buckets that the user who deploys may not even list.
    ours = uri.startswith(f"s3://{environment.bucket}/")
    return uri if ours or environment.runtime is not None else None


def environment_option(environment: Environment) -> str:
    """`--env dev`; nothing for the environment of a command without it."""
    return "" if environment.name == DEFAULT else f"--env {environment.name}"


def _typed(environment: Environment, options: StartOptions) -> str:
    return shlex.join(_words(environment, options))


def _words(environment: Environment, options: StartOptions) -> Iterator[str]:
    yield from environment_option(environment).split()
    for name, value in options.values.items():
        yield from ("--param", f"{name}={value}")
    if options.source is not None:
        yield from ("--input", options.source)
    if options.rows is not None:
        yield from ("--rows", str(options.rows))


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
