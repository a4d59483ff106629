"""The door to the logs of jobs, in CloudWatch Logs; the local runtime answers the same calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from pipelines.deploy.aws import Aws
from pipelines.deploy.aws_errors import code, translated

# The key in a step's Metadata -> the group its job writes to. A tuning job writes nothing; its trials do.
GROUPS = {
    "TrainingJob": "/aws/sagemaker/TrainingJobs",
    "ProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "TransformJob": "/aws/sagemaker/TransformJobs",
}
_ABSENT = "ResourceNotFoundException"


@dataclass(frozen=True)
class Line:
    """`timestamp` in milliseconds since 1970."""

    timestamp: int
    message: str


class Logs:
    """Every method may raise ServiceError; a group or stream that is not there yet has no lines."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    @cached_property
    def _client(self) -> Any:
        return self._aws.client("logs")

    def streams(self, kind: str, job: str) -> list[str]:
        """The streams of a job, one a host: JOB/algo-1-1700000000; `kind` is a key of GROUPS."""
        with translated(f"DescribeLogStreams {job}"):
            try:
                pages = self._client.get_paginator("describe_log_streams").paginate(
                    logGroupName=GROUPS[kind], logStreamNamePrefix=f"{job}/"
                )
                return [each["logStreamName"] for page in pages for each in page["logStreams"]]
            except ClientError as error:
                if code(error) == _ABSENT:
                    return []
                raise

    def read(self, kind: str, stream: str, token: str | None) -> Iterator[tuple[Line, str]]:
        """Lines from a token on (None: the beginning), each with the token to go on from after its page."""
        while True:
            page = self._events(
                kind, stream, {"startFromHead": True} | ({"nextToken": token} if token else {})
            )
            after = str(page.get("nextForwardToken") or token or "")
            for event in page.get("events", []):
                yield Line(event["timestamp"], event["message"]), after
            # The service gives the same token back at the end of a stream.
            if not after or after == token:
                return
            token = after

    def last(self, kind: str, job: str, amount: int) -> list[str]:
        """The last lines of a job's first host, oldest first."""
        found = self.streams(kind, job)
        if not found:
            return []
        page = self._events(kind, found[0], {"startFromHead": False, "limit": amount})
        return [event["message"] for event in page.get("events", [])]

    def _events(self, kind: str, stream: str, request: dict[str, Any]) -> dict[str, Any]:
        with translated(f"GetLogEvents {stream}"):
            try:
                return dict(
                    self._client.get_log_events(
                        logGroupName=GROUPS[kind], logStreamName=stream, **request
                    )
                )
            except ClientError as error:
                if code(error) == _ABSENT:
                    return {}
                raise
