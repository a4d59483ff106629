"""What jobs print, read through CloudWatch Logs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runtime.embedded import Embedded
from runtime.server.protocol import service

GROUP = "/aws/sagemaker/ProcessingJobs"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1"
ROLE = "arn:aws:iam::123456789012:role/R"
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
PRINT = 'for i in $(seq 1 25); do echo "line $i"; done; echo "ERROR bad thing"; exit 3'


@pytest.fixture(scope="module")
def job(embedded: Embedded) -> str:
    """A processing job that printed 26 lines and failed; the name of its stream."""
    sagemaker = embedded.boto_session("us-east-1").client("sagemaker")
    for name in ("logged", "logged-too"):
        sagemaker.create_processing_job(
            ProcessingJobName=name,
            RoleArn=ROLE,
            AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["sh", "-c", PRINT]},
            ProcessingResources={"ClusterConfig": CLUSTER},
        )
        embedded.runtime.jobs.wait("ProcessingJob", name)
    created = sagemaker.describe_processing_job(ProcessingJobName="logged")["CreationTime"]
    return f"logged/algo-1-{int(created.timestamp())}"


@pytest.fixture
def logs(client: Callable[[str], Any], job: str) -> Any:
    """A client whose answers are checked against the service model."""
    made = client("logs")
    made.meta.events.register("before-parse.cloudwatch-logs", _check_answer)
    return made


def _check_answer(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] == 200 and response_dict["body"]:
        broken: list[str] = []
        answer = json.loads(response_dict["body"])
        read = service("logs").answer_reader(operation_model.name)(answer, "", broken)
        assert (broken, read) == ([], answer)


def test_a_stream_is_found_by_its_jobs_name(logs: Any, job: str) -> None:
    answer = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="logged/")
    [stream] = answer["logStreams"]
    assert stream["logStreamName"] == job
    assert stream["creationTime"] < stream["firstEventTimestamp"] <= stream["lastEventTimestamp"]
    assert stream["arn"].endswith(f":log-group:{GROUP}:log-stream:{job}")


def test_streams_come_in_pages_and_orders(logs: Any) -> None:
    by_name = logs.get_paginator("describe_log_streams").paginate(
        logGroupName=GROUP, PaginationConfig={"PageSize": 1}
    )
    names = [
        stream["logStreamName"].partition("/")[0]
        for page in by_name
        for stream in page["logStreams"]
    ]
    assert names == ["logged-too", "logged"]  # '-' comes before '/'
    latest = logs.describe_log_streams(
        logGroupName=GROUP, orderBy="LastEventTime", descending=True, limit=1
    )
    assert latest["logStreams"][0]["logStreamName"].startswith("logged-too/")
    rest = logs.describe_log_streams(
        logGroupName=GROUP, orderBy="LastEventTime", descending=True, nextToken=latest["nextToken"]
    )
    assert [s["logStreamName"].partition("/")[0] for s in rest["logStreams"]] == ["logged"]


def test_events_are_read_forward_until_the_token_stays(logs: Any, job: str) -> None:
    messages: list[str] = []
    token: dict[str, str] = {}
    for _ in itertools.count():
        page = logs.get_log_events(
            logGroupName=GROUP, logStreamName=job, startFromHead=True, limit=10, **token
        )
        messages += [event["message"] for event in page["events"]]
        if token.get("nextToken") == page["nextForwardToken"]:
            break
        token = {"nextToken": page["nextForwardToken"]}
    assert messages == [*(f"line {n}" for n in range(1, 26)), "ERROR bad thing"]


def test_the_latest_come_first_and_older_ones_by_the_backward_token(logs: Any, job: str) -> None:
    latest = logs.get_log_events(logGroupName=GROUP, logStreamName=job, limit=2)
    assert [event["message"] for event in latest["events"]] == ["line 25", "ERROR bad thing"]
    older = logs.get_log_events(
        logGroupName=GROUP, logStreamName=job, limit=2, nextToken=latest["nextBackwardToken"]
    )
    assert [event["message"] for event in older["events"]] == ["line 23", "line 24"]
    again = logs.get_log_events(
        logGroupName=GROUP, logStreamName=job, limit=2, nextToken=older["nextForwardToken"]
    )
    assert again["events"] == latest["events"]


def test_events_are_limited_by_time(logs: Any, job: str) -> None:
    every = logs.get_log_events(logGroupName=GROUP, logStreamName=job)["events"]
    moment = every[12]["timestamp"]
    at_or_after = logs.get_log_events(logGroupName=GROUP, logStreamName=job, startTime=moment)
    before = logs.get_log_events(
        logGroupName=GROUP, logStreamName=job, endTime=moment, startFromHead=True
    )
    assert before["events"] + at_or_after["events"] == every


def test_a_search_merges_streams_in_pages(logs: Any) -> None:
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=GROUP, logStreamNamePrefix="logged", PaginationConfig={"PageSize": 7}
    )
    events = [event for page in pages for event in page["events"]]
    assert len(events) == 52
    assert len({event["eventId"] for event in events}) == 52
    assert [e["timestamp"] for e in events] == sorted(e["timestamp"] for e in events)
    assert {event["logStreamName"].partition("/")[0] for event in events} == {
        "logged",
        "logged-too",
    }


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("ERROR", 1),
        ('"bad thing"', 1),
        ("line -1", 13),  # without 1, 10 to 19 and 21
        ("?ERROR ?25", 2),
        ("line ERROR", 0),
        ("", 26),
    ],
)
def test_a_search_knows_terms(logs: Any, job: str, pattern: str, count: int) -> None:
    found = logs.filter_log_events(logGroupName=GROUP, logStreamNames=[job], filterPattern=pattern)[
        "events"
    ]
    assert len(found) == count


def test_a_group_is_there_once_it_has_a_stream(logs: Any) -> None:
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]
    assert GROUP in [group["logGroupName"] for group in groups]
    assert "/aws/sagemaker/TransformJobs" not in [group["logGroupName"] for group in groups]


@pytest.mark.parametrize(
    ("operation", "request_members", "code", "text"),
    [
        ("describe_log_streams", {"logGroupName": "/aws/sagemaker/Nothing"}, "ResourceNotFound", "log group"),
        ("describe_log_streams", {"logGroupName": "/aws/sagemaker/TransformJobs"}, "ResourceNotFound", "log group"),
        ("get_log_events", {"logGroupName": GROUP, "logStreamName": "no"}, "ResourceNotFound", "log stream"),
        ("get_log_events", {"logGroupName": GROUP, "logStreamName": "logged", "nextToken": "x"}, "ResourceNotFound", "stream"),
        ("describe_log_streams", {"logGroupName": GROUP, "nextToken": "x"}, "InvalidParameter", "nextToken"),
        ("describe_log_streams", {"logGroupName": GROUP, "orderBy": "LastEventTime", "logStreamNamePrefix": "l"}, "InvalidParameter", "LastEventTime"),
        ("describe_log_streams", {"logGroupName": GROUP, "orderBy": "Size"}, "InvalidParameter", "enum value set"),
        ("filter_log_events", {"logGroupName": GROUP, "filterPattern": "{ $.a = 1 }"}, "InvalidParameter", "filter pattern"),
        ("create_log_stream", {"logGroupName": GROUP, "logStreamName": "l"}, "UnknownOperation", "CreateLogStream"),
    ],
)  # fmt: skip
def test_refusals_are_the_services(
    logs: Any, operation: str, request_members: dict[str, Any], code: str, text: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(logs, operation)(**request_members)
    assert caught.value.response["Error"]["Code"].startswith(code)
    assert text in caught.value.response["Error"]["Message"]


def test_a_foreign_token_of_a_stream_is_refused(logs: Any, job: str) -> None:
    for text in ("x", f"f/{10**9:056d}/s"):
        with pytest.raises(ClientError, match="nextToken is invalid"):
            logs.get_log_events(logGroupName=GROUP, logStreamName=job, nextToken=text)


def test_other_groups_are_motos(client: Callable[[str], Any], name: str) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName=f"/mine/{name}")
    groups = logs.describe_log_groups(logGroupNamePrefix="/mine/")["logGroups"]
    assert f"/mine/{name}" in [group["logGroupName"] for group in groups]
