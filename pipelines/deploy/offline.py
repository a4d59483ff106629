"""Surroundings in which the SDK composes without network, credentials, configured region, or noise.

Importing the SDK creates AWS clients in a class body, so this must be entered before the first import;
everything is put back on leaving.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import boto3

_SDK_LOGGERS = ("sagemaker", "sagemaker.config", "sagemaker.jumpstart", "sagemaker.remote_function")
# Profiles, endpoints, certificates, defaults: this machine's configuration would leak into a definition, or a
# wrong one would stop the SDK's import.
LEAKS = ("AWS_", "SAGEMAKER_")


@contextmanager
def offline(region: str) -> Iterator[None]:
    """Hide this machine's AWS configuration from the SDK, and the SDK's messages from the user."""
    with ExitStack() as stack:
        stack.enter_context(_environment(_variables(region)))
        stack.enter_context(_default_session())
        stack.enter_context(_quiet_logging())
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        yield


def _variables(region: str) -> dict[str, str | None]:
    return {
        **dict.fromkeys(name for name in os.environ if name.startswith(LEAKS)),
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        # No credential chain: it may ask the instance's metadata service or run a program.
        "AWS_ACCESS_KEY_ID": "offline",
        "AWS_SECRET_ACCESS_KEY": "offline",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # Otherwise ModelTrainer and ModelBuilder ask IAM about the role.
        "SAGEMAKER_VALIDATE_ROLE": "false",
    }


@contextmanager
def _environment(variables: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def _default_session() -> Iterator[None]:
    # The import leaves a default session behind that holds the offline credentials.
    before = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = None
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = before


@contextmanager
def _quiet_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # Without a handler of our own the SDK's logging.basicConfig() takes the root logger over.
    root.addHandler(logging.NullHandler())
    loggers = [logging.getLogger(name) for name in _SDK_LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for logger, before in zip(loggers, levels, strict=True):
            logger.setLevel(before)
