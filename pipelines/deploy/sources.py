"""Where a command takes definitions from: our compositions, files, standard input, or what is deployed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from params.environment import Environment
from pipelines.deploy.errors import UsageError
from pipelines.deploy.models import Place, Synthesis
from pipelines.deploy.synth import cached, check_names, composition_names

STDIN = "-"


@dataclass(frozen=True)
class Source:
    """A definition's text, and where it comes from: a composition (then `synthesis` is there), a file, or AWS.

    `file` is the path of a definition that was read from a file.
    """

    name: str
    text: str
    origin: str
    synthesis: Synthesis | None = None
    file: str | None = None
    places: Mapping[str, Place] = field(default_factory=dict)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the choice of definitions: NAME ..., --file, --deployed, and --no-cache."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="pipelines; all when left out")
    parser.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="FILE",
        help="a definition's JSON instead, - for standard input; may be repeated",
    )
    parser.add_argument(
        "--deployed",
        action="append",
        default=[],
        metavar="NAME",
        help="a deployed pipeline's definition instead; may be repeated",
    )
    add_no_cache(parser)


def add_no_cache(parser: argparse.ArgumentParser) -> None:
    """Add the way around the synth cache."""
    parser.add_argument(
        "--no-cache", action="store_true", help="compose anew even when nothing has changed"
    )


def read(options: argparse.Namespace, environment: Environment) -> tuple[Source, ...]:
    """The definitions that `add_options` offers a choice of. Raises UsageError, DeployError."""
    if options.names and (options.file or options.deployed):
        raise UsageError("give pipeline names, --file or --deployed, one of them")
    outside = [
        *(from_file(path) for path in options.file),
        *from_aws(options.deployed, environment),
    ]
    return tuple(outside) or compositions(options.names, environment, cache=not options.no_cache)


def compositions(
    names: Sequence[str], environment: Environment, *, cache: bool
) -> tuple[Source, ...]:
    """Composed pipelines, all of them when no name is given. Raises UsageError, CompositionFailed."""
    check_names(names)
    found = [
        cached(name, environment, use=cache) for name in dict.fromkeys(names or composition_names())
    ]
    return tuple(
        Source(each.name, each.definition, "composition", each, places=each.places)
        for each in found
    )


def from_file(path: str) -> Source:
    """A definition file, or standard input for `-`. Raises UsageError when it cannot be read as text."""
    shown = "standard input" if path == STDIN else path
    try:
        content = _standard_input() if path == STDIN else Path(path).read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"--file {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--file {path}: not UTF-8 text, at byte {error.start}") from error
    name = "definition" if path == STDIN else Path(path).stem
    return Source(name, text, shown, file=None if path == STDIN else path)


def _standard_input() -> bytes:
    stream: TextIO | None = sys.stdin
    if stream is None:  # the caller has closed it
        raise OSError("standard input is closed")
    return stream.buffer.read()


def from_aws(names: Sequence[str], environment: Environment) -> tuple[Source, ...]:
    """The definitions of deployed pipelines. Raises UsageError for one that is not there, DeployError."""
    if not names:
        return ()
    # Not at the top: boto3 takes longer than a definition file may.
    from pipelines.deploy.endpoint import open_endpoint

    with open_endpoint(environment) as endpoint:
        found = {
            name: endpoint.aws.describe_pipeline(name) for name in map(environment.named, names)
        }
    for name, pipeline in found.items():
        if pipeline is None:
            raise UsageError(
                f"--deployed {name}: no such pipeline in environment '{environment.name}'"
            )
    return tuple(
        Source(name, pipeline["PipelineDefinition"], f"deployed in {environment.name}")
        for name, pipeline in found.items()
        if pipeline is not None
    )
