"""What the commands share: their options, and the one place where an error becomes a message and an exit code.

Light on purpose: `--help` and mistakes on the command line need neither boto3 nor the SDK.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from params.environment import (
    DEFAULT,
    Environment,
    InvalidEnvironment,
    branch,
    load,
    names,
    refusal,
)
from pipelines.definition.check import near
from pipelines.deploy import parameters
from pipelines.deploy.errors import (
    DONE,
    FAILED,
    INTERRUPTED,
    USAGE,
    DeployError,
    UsageError,
    listed,
)


def add_common(parser: argparse.ArgumentParser, *, branches: bool = True) -> None:
    """Add what commands that talk to SageMaker have in common; `branches`: also in a branch environment."""
    add_env(parser)
    add_profile(parser)
    if branches:
        add_suffix(parser)
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document instead of text"
    )
    add_quiet(parser)
    add_debug(parser)


def add_confirmation(parser: argparse.ArgumentParser) -> None:
    """Add what a command asks before it does something that is hard to undo."""
    parser.add_argument("--yes", action="store_true", help="don't ask")
    add_take_over(parser)


def add_take_over(parser: argparse.ArgumentParser) -> None:
    """Add the consent to write to what another project has deployed."""
    parser.add_argument(
        "--take-over", action="store_true", help="even when it was deployed by another project"
    )


def add_env(parser: argparse.ArgumentParser, default: str | None = DEFAULT) -> None:
    """Add the choice of an environment, and of a region other than its own."""
    parser.add_argument(
        "--env", default=default, metavar="ENV", help=f"{', '.join(names())} (default: {DEFAULT})"
    )
    parser.add_argument(
        "--region", metavar="REGION", help="an AWS region instead of the environment's"
    )


def add_profile(parser: argparse.ArgumentParser) -> None:
    """Add the choice of credentials."""
    parser.add_argument(
        "--profile", metavar="PROFILE", help="whose credentials to use, of those in ~/.aws"
    )


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Add the way to say less."""
    parser.add_argument(
        "--quiet", action="store_true", help="print only errors and the final result"
    )


def add_suffix(parser: argparse.ArgumentParser) -> None:
    """Add the choice of a branch environment."""
    parser.add_argument(
        "--suffix",
        default="",
        metavar="SUFFIX",
        help="a branch of the environment, such as feature-x: pipelines NAME-SUFFIX that write to a prefix and "
        "register in groups of their own, side by side with the others",
    )


def add_execution(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """Add the execution a command is about; `pipelines.deploy.executions.named` finds it."""
    parser.add_argument(
        "execution",
        metavar="EXECUTION",
        nargs="?" if optional else None,
        help="its ARN, its id of 12 characters, or a pipeline's name for its newest one",
    )


def add_debug(parser: argparse.ArgumentParser) -> None:
    """Add the way to a traceback."""
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")


def add_start_options(parser: argparse.ArgumentParser) -> None:
    """Add what an execution can be started with."""
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of a pipeline parameter; may be repeated",
    )
    parser.add_argument(
        "--input",
        metavar="FILE_OR_S3",
        help="a CSV file or a directory of them to upload, or an S3 URI; sets InputDataUri",
    )
    parser.add_argument(
        "--rows",
        type=_rows,
        metavar="N",
        help="make a synthetic data set of N rows (local runtime only)",
    )


def parameter_values(options: argparse.Namespace) -> dict[str, str]:
    """Read `--param`. Raises UsageError."""
    return parameters.read(options.param)


def environment(
    options: argparse.Namespace,
    name: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Environment:
    """The environment of `--env`, or `name`, with what `--region` and `--profile` change; raises as `environment_named`."""
    suffix = vars(options).get("suffix", "")
    loaded = environment_named(name or options.env, variables, suffix=suffix)
    return _with_profile(_in_region(loaded, options), options)


def environment_named(
    name: str, variables: Mapping[str, str] | None = None, *, suffix: str = ""
) -> Environment:
    """Load an environment, or its branch, `variables` as for `load`.

    Raises UsageError when there is none of that name or the suffix cannot be one, DeployError when it is wrong.
    """
    if name not in names():
        raise UsageError(f"--env: there is no environment '{name}'{near(name, names())}")
    try:
        whole = load(name, variables=variables)
    except InvalidEnvironment as error:
        raise DeployError(listed(f"environment '{name}'", error.problems)) from error
    try:
        return branch(whole, suffix)
    except InvalidEnvironment as error:
        raise UsageError(f"--suffix: {error}") from error


def _in_region(loaded: Environment, options: argparse.Namespace) -> Environment:
    if options.region is None:
        return loaded
    if problem := refusal("region", options.region):
        raise UsageError(f"--region {problem}")
    return replace(loaded, region=options.region)


def _with_profile(loaded: Environment, options: argparse.Namespace) -> Environment:
    profile = vars(options).get("profile")  # what works offline has no such option
    if profile is None:
        return loaded
    if loaded.runtime is None:
        return replace(loaded, profile=profile)
    # Not refused: scripts give the same options for every environment.
    if not options.quiet:
        print(f"note: --profile is for AWS; '{loaded.name}' runs on this machine", file=sys.stderr)
    return loaded


def run(
    work: Callable[[argparse.Namespace], int], options: argparse.Namespace, *, usage: int = USAGE
) -> int:
    """Do the work and return the exit code, `usage` for mistakes on the command line; errors become one message
    on stderr."""
    try:
        code = work(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has left; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except DeployError as error:
        if options.debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        return usage if isinstance(error, UsageError) else error.exit_code
    except ModuleNotFoundError as error:
        # What a new user meets who has not entered the environment.
        if options.debug:
            raise
        print(
            f"error: this Python ({sys.executable}) does not have the package '{error.name}'; "
            "run `make install` and use .venv/bin/python",
            file=sys.stderr,
        )
        return FAILED
    except Exception as error:  # a mistake of ours, and still no traceback unasked
        if options.debug:
            raise
        print(
            f"error: unexpected {type(error).__name__}: {error}; add --debug to see where",
            file=sys.stderr,
        )
        return FAILED
    return code


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, the way the other errors look, and leaves with `usage_code`."""

    def __init__(self, *, usage_code: int = USAGE, **members: Any) -> None:
        # The examples of an epilog keep their lines.
        super().__init__(
            **{"formatter_class": argparse.RawDescriptionHelpFormatter} | members,
        )
        self._usage_code = usage_code

    def error(self, message: str) -> NoReturn:
        self.exit(self._usage_code, f"error: {message}; see {self.prog} --help\n")


def _rows(text: str) -> int:
    # Prepare refuses fewer; a million are 100 MB.
    if text.isascii() and text.isdigit() and len(text) < 8 and 30 <= int(text) <= 1_000_000:
        return int(text)
    raise argparse.ArgumentTypeError(f"must be a whole number from 30 to 1000000 but got '{text}'")
