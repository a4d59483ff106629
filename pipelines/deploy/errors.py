"""What can go wrong while deploying or running, each with the command's exit code.

DeployError             exit code 1
├── DefinitionInvalid   the composed definition is not well formed
├── WrongAccount        the credentials are not of the environment's account
├── NotDeployed         the pipeline to run is not there
├── RuntimeUnavailable  the local runtime cannot be opened
└── ServiceError        AWS (or the runtime) refused or did not answer
    ├── Throttled       asked too often; asking again later helps
    └── NoAnswer        not reached, or failing itself; asking again later may help
UsageError              exit code 2: the command line is wrong, nothing was done
"""

from __future__ import annotations

from collections.abc import Sequence

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


class DeployError(Exception):
    """One sentence for the user: where, what, what to do next."""

    exit_code = FAILED


class UsageError(DeployError):
    """The command line asks for something that cannot be; nothing was done."""

    exit_code = USAGE


class DefinitionInvalid(DeployError):
    """The composed definition is not well formed."""


class WrongAccount(DeployError):
    """The credentials are of another account than the environment's."""


class NotDeployed(DeployError):
    """The pipeline is not deployed where the environment points to."""


class RuntimeUnavailable(DeployError):
    """The local runtime cannot be opened, or its packages are not installed."""


class ServiceError(DeployError):
    """AWS (or the runtime) refused a call or did not answer."""


class Throttled(ServiceError):
    """The service answers fewer calls than were made, also after the client's own retries."""


class NoAnswer(ServiceError):
    """The service was not reached or failed itself, also after the client's own retries."""


def listed(heading: str, problems: Sequence[object]) -> str:
    """`heading: problem`, or one line for each of several problems."""
    if len(problems) == 1:
        return f"{heading}: {problems[0]}"
    return f"{heading}: {len(problems)} problems" + "".join(f"\n  {each}" for each in problems)
