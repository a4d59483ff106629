from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from pipelines.deploy.aws import Aws
from pipelines.deploy.aws_logs import Logs
from pipelines.deploy.errors import ServiceError


class CloudWatch:
    """Gives the pages of one stream; the token of the last one comes back, as the service does it."""

    def __init__(self, *pages, error=None):
        self.pages = pages
        self.error = error

    def get_log_events(self, *, nextToken="0", startFromHead, limit=None, **names):  # noqa: N803
        if self.error:
            raise ClientError({"Error": {"Code": self.error}}, "GetLogEvents")
        place = int(nextToken)
        found = self.pages[place] if place < len(self.pages) else []
        events = [{"timestamp": place, "message": text} for text in found]
        return {"events": events, "nextForwardToken": str(min(place + 1, len(self.pages)))}

    def get_paginator(self, operation):
        return self

    def paginate(self, **request):
        if self.error:
            raise ClientError({"Error": {"Code": self.error}}, "DescribeLogStreams")
        yield {"logStreams": [{"logStreamName": "job/algo-1-7"}]}


def logs(*pages, error=None):
    return Logs(Aws(None, None, lambda service: CloudWatch(*pages, error=error)))


def test_a_stream_is_read_to_its_end_over_empty_pages_and_on_from_there():
    found = list(logs(["a", "b"], [], ["c"]).read("TrainingJob", "job/algo-1-7", None))
    assert [line.message for line, _ in found] == ["a", "b", "c"]
    token = found[-1][1]
    again = logs(["a", "b"], [], ["c"], ["d"]).read("TrainingJob", "job/algo-1-7", token)
    assert [line.message for line, _ in again] == ["d"]


def test_a_log_that_is_not_there_yet_has_no_lines():
    absent = logs(error="ResourceNotFoundException")
    assert absent.streams("TrainingJob", "job") == []
    assert list(absent.read("TrainingJob", "job/algo-1-7", None)) == []
    assert absent.last("TrainingJob", "job", 5) == []


def test_a_refusal_is_a_sentence():
    with pytest.raises(ServiceError, match="DescribeLogStreams job"):
        logs(error="AccessDeniedException").last("TrainingJob", "job", 5)
