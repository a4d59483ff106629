"""The session a composition gets: it collects assets and stands in for the SDK's own, without AWS.

Importing this module imports the SDK: do it inside `offline`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

from sagemaker.core import _studio
from sagemaker.core.telemetry import telemetry_logging
from sagemaker.core.workflow.pipeline_context import PipelineSession

from params.environment import Environment
from pipelines.deploy.errors import DeployError
from pipelines.deploy.models import Asset


class ComposingCallsAws(DeployError):
    """A composition wants something of AWS; composing may not."""


class _Client:
    """A client that has no operations."""

    def __init__(self, service: str) -> None:
        self._service = service
        # ModelBuilder appends itself to the user agent of the client.
        self._user_agent_creator = SimpleNamespace(to_string=lambda: "")

    def __getattr__(self, operation: str) -> NoReturn:
        raise ComposingCallsAws(
            f"composing may not call AWS, but something wants {self._service}.{operation}; "
            "pass the value instead of letting the SDK look it up"
        )


class _BotoSession:
    """What the SDK reads of a boto3 session while it composes."""

    def __init__(self, region: str) -> None:
        self.region_name = region

    def client(self, service_name: str, *_: Any, **__: Any) -> _Client:
        return _Client(service_name)

    resource = client


class OfflineSession(PipelineSession):  # type: ignore[misc]
    """A PipelineSession without clients: uploads become assets under content-addressed keys."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._assets: dict[str, Asset] = {}
        super().__init__(
            boto_session=_BotoSession(env.region),
            default_bucket=env.bucket,
            default_bucket_prefix=env.prefix,
        )

    @property
    def assets(self) -> tuple[Asset, ...]:
        """Every asset named so far, sorted by key."""
        return tuple(self._assets[key] for key in sorted(self._assets))

    def asset(self, path: Path) -> str:
        """Remember a local file and return the S3 URI it will have. Raises FileNotFoundError."""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        key = f"{self._env.shared_prefix}/assets/{digest}/{path.name}"
        asset = self._assets.setdefault(key, Asset(path, self._env.bucket, key))
        return asset.uri

    # From here on: what the SDK's producers call.

    def _initialize(self, boto_session: _BotoSession, **_: Any) -> None:
        """Replace the SDK's: no clients, and no configuration files of this machine."""
        self.boto_session = boto_session
        self._region_name = boto_session.region_name
        self.sagemaker_client = boto_session.client("sagemaker")
        self.s3_client = boto_session.client("s3")
        self.s3_resource = boto_session.resource("s3")
        self.local_mode = False
        self.sagemaker_config: dict[str, Any] = {}

    def default_bucket(self) -> str:
        return self._env.bucket

    def upload_data(self, path: str, *_: Any, **__: Any) -> str:
        if not Path(path).is_file():
            raise ComposingCallsAws(f"'{path}' is no file: an asset is one file, archive a folder")
        return self.asset(Path(path))

    def upload_string_as_file_body(self, *_: Any, **__: Any) -> NoReturn:
        # The SDK makes the key itself here, so it could not be content-addressed.
        raise ComposingCallsAws("the SDK wants to upload a text; write it to a file and use asset")


@contextmanager
def without_side_effects() -> Iterator[None]:
    """Stop the SDK's telemetry, and Studio's project file from tagging steps."""
    with (
        _replaced(telemetry_logging, "_send_telemetry_request"),
        _replaced(_studio, "_find_config"),
    ):
        yield


@contextmanager
def _replaced(module: ModuleType, name: str) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, lambda *_, **__: None)
    try:
        yield
    finally:
        setattr(module, name, before)
