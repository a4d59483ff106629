"""Where a command talks to: AWS, a runtime that serves the environment's state directory, or one embedded here.

The one door through which the deployer starts the runtime; its packages are imported only when it opens.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from params.environment import Environment
from pipelines.deploy import aws
from pipelines.deploy.errors import RuntimeUnavailable, WrongAccount


@dataclass(frozen=True)
class Endpoint:
    """`state` is the local runtime's directory, None on AWS; `embedded` runtimes end with this process.

    `environment` has the settings it was opened with.
    """

    aws: aws.Aws
    label: str
    state: Path | None = None
    embedded: bool = False
    environment: Environment | None = None


@contextmanager
def open_endpoint(environment: Environment, *, guarded: bool = True) -> Iterator[Endpoint]:
    """Connect for as long as the block lasts; `guarded`: to the environment's own account only.

    Raises WrongAccount, RuntimeUnavailable, ServiceError.
    """
    if environment.runtime is None:
        yield _checked(environment, _remote(environment), guarded=guarded)
        return
    with _local(environment, Path(environment.runtime)) as endpoint:
        yield _checked(environment, endpoint, guarded=guarded)


def check_account(environment: Environment, account: str) -> None:
    """Raise WrongAccount when the credentials are of another account than the environment's."""
    if environment.account in ("", account):
        return
    raise WrongAccount(
        f"environment '{environment.name}' is account {environment.account}, but the credentials are of "
        f"account {account}; nothing was done: use others (AWS_PROFILE, or `profile` of the environment), "
        "or correct its `account`"
    )


def _checked(environment: Environment, endpoint: Endpoint, *, guarded: bool) -> Endpoint:
    if guarded and environment.account:
        check_account(environment, endpoint.aws.account())
    return replace(endpoint, environment=environment)


def _remote(environment: Environment) -> Endpoint:
    connection = aws.connect(environment.region, profile=environment.profile)
    if ".amazonaws.com" in connection.endpoint:
        return Endpoint(connection, f"AWS {environment.region}")
    return Endpoint(connection, connection.endpoint)


@contextmanager
def _local(environment: Environment, state: Path) -> Iterator[Endpoint]:
    # Before the rest, which whoever is served needs neither installed nor imported.
    from runtime.lock import serving_url

    if url := serving_url(state):
        yield Endpoint(aws.connect(environment.region, url), f"local runtime at {url}", state)
        return
    try:
        from runtime.installed import check_installed

        check_installed()
        from runtime.embedded import IN_USE, UNUSABLE, open_embedded
    except ImportError as error:
        raise RuntimeUnavailable(
            f"the local runtime needs '{error.name}', which is not installed; run `make install` "
            "or install the extra: pip install '.[runtime]'"
        ) from error
    try:
        opened = open_embedded(state)
    except IN_USE as error:
        raise RuntimeUnavailable(
            f"{error} (SAGEMAKER_LOCAL_STATE names it). For several commands at a time, start "
            "`python -m runtime` first: it serves the directory to all of them"
        ) from error
    except UNUSABLE as error:
        raise RuntimeUnavailable(f"{error} (SAGEMAKER_LOCAL_STATE names it)") from error
    with opened as embedded:
        connection = aws.from_session(embedded.boto_session(environment.region))
        yield Endpoint(connection, f"local runtime in {state}", state, embedded=True)
