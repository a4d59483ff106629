"""The environment variables that point AWS clients at a runtime, and away from AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

GUARD = Path(__file__).parent / "guard"
SDK_CONFIG = GUARD / "sdk-config.yaml"
# The SDK reads both; whatever is in the user's own file keeps its meaning.
_SDK_CONFIG_VARIABLES = ("SAGEMAKER_ADMIN_CONFIG_OVERRIDE", "SAGEMAKER_USER_CONFIG_OVERRIDE")
# Whoever these name, calls go to the runtime: another profile, role or endpoint must not win over its variables.
_MISLEADING = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_CA_BUNDLE",
)
_SERVICE_ENDPOINT = "AWS_ENDPOINT_URL_"


def endpoint_variables(url: str, region: str) -> dict[str, str]:
    """The least a client needs."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_SAGEMAKER": url,
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": region,
    }


def client_variables(url: str, region: str, current: Mapping[str, str]) -> dict[str, str]:
    """What a process gets in addition to `current`, or instead of it."""
    variables = {
        **endpoint_variables(url, region),
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": guarded_python_path(current),
    }
    free = [
        name for name in _SDK_CONFIG_VARIABLES if current.get(name, "") in ("", str(SDK_CONFIG))
    ]
    variables.update(dict.fromkeys(free[:1], str(SDK_CONFIG)))
    return variables


def misleading_variables(current: Mapping[str, str]) -> list[str]:
    """Which variables of `current` a process must not inherit."""
    keep = endpoint_variables("", "")
    services = [name for name in current if name.startswith(_SERVICE_ENDPOINT) and name not in keep]
    return [*(name for name in _MISLEADING if name in current), *sorted(services)]


def client_environment(url: str, region: str, current: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process that shall talk to the runtime."""
    left_out = set(misleading_variables(current))
    kept = {name: value for name, value in current.items() if name not in left_out}
    return {**kept, **client_variables(url, region, current)}


def guarded_python_path(current: Mapping[str, str]) -> str:
    """PYTHONPATH with the guard in front."""
    present = current.get("PYTHONPATH", "")
    entries = [entry for entry in present.split(os.pathsep) if entry and entry != str(GUARD)]
    return os.pathsep.join([str(GUARD), *entries])
