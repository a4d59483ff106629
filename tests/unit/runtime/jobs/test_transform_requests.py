"""What CreateTransformJob refuses, and what a request that leaves things open becomes."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.images._base import ExecutionParameters
from runtime.jobs.batch import make_plan
from runtime.jobs.transform_request import environment, refusals, settings

CSV, LINES = "text/csv", "application/jsonlines"


def request(
    source: dict[str, Any] | None = None, output: dict[str, Any] | None = None, **members: Any
) -> dict[str, Any]:
    return {
        "TransformInput": {"ContentType": CSV, "SplitType": "Line", **(source or {})},
        "TransformOutput": {"Accept": CSV, "AssembleWith": "Line", **(output or {})},
        **members,
    }


def joined(**paths: str) -> dict[str, Any]:
    return {"JoinSource": "Input", **paths}


@pytest.mark.parametrize(
    "sound",
    [
        request(),
        request(MaxPayloadInMB=25, MaxConcurrentTransforms=4),
        request(MaxPayloadInMB=100, MaxConcurrentTransforms=0),
        request(DataProcessing={"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}),
        request(DataProcessing={"InputFilter": "", "OutputFilter": ""}),
        request(DataProcessing=joined(InputFilter="$[1:]", OutputFilter="$[0,-1]")),
        request({"ContentType": "text/csv; charset=utf-8"}, DataProcessing=joined()),
        request(output={"Accept": LINES}, DataProcessing={"InputFilter": "$[1:]"}),
        request(
            {"ContentType": LINES},
            {"Accept": LINES},
            DataProcessing=joined(OutputFilter="$.['id','SageMakerOutput']"),
        ),
        request(
            {"ContentType": "application/json", "SplitType": "None"},
            {"Accept": "application/json", "AssembleWith": "None"},
            DataProcessing=joined(),
        ),
        request({"SplitType": "RecordIO", "ContentType": "application/x-recordio-protobuf"}),
        request(ModelClientConfig={"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 0}),
    ],
)
def test_a_sound_request_is_not_refused(sound: dict[str, Any]) -> None:
    assert list(refusals(sound)) == []


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (request(MaxPayloadInMB=0), "MaxPayloadInMB 0 (HTTP chunked encoding) is not supported"),
        (
            request(MaxPayloadInMB=26, MaxConcurrentTransforms=4),
            "MaxConcurrentTransforms * MaxPayloadInMB cannot exceed 100 MB, but it is 4 * 26 = 104.",
        ),
        (request({"SplitType": "TFRecord"}), "no built-in algorithm reads TFRecord"),
        (
            request({"ContentType": LINES}, DataProcessing=joined()),
            "to be the same, one of text/csv, application/json, application/jsonlines, but they are "
            "'application/jsonlines' and 'text/csv'",
        ),
        (request(output={"Accept": ""}, DataProcessing=joined()), "'text/csv' and ''"),
        (
            request(output={"AssembleWith": "None"}, DataProcessing=joined()),
            "to be the same, but they are Line and None",
        ),
        (
            request({"SplitType": "None"}, {"AssembleWith": "None"}, DataProcessing=joined()),
            "JoinSource Input with text/csv needs SplitType and AssembleWith Line",
        ),
        (
            request({"ContentType": "text/libsvm"}, DataProcessing={"InputFilter": "$[1:]"}),
            "InputFilter needs TransformInput.ContentType to be one of text/csv",
        ),
        (
            request(output={"Accept": ""}, DataProcessing={"OutputFilter": "$[0]"}),
            "OutputFilter needs TransformOutput.Accept to be one of text/csv",
        ),
        (
            request({"SplitType": "RecordIO"}, DataProcessing={"InputFilter": "$[1:]"}),
            "InputFilter needs the SplitType None or Line, but it is RecordIO",
        ),
        (
            request(
                {"ContentType": LINES},
                {"Accept": LINES},
                DataProcessing=joined(OutputFilter="$['account_id','SageMakerOutput']"),
            ),
            "Invalid OutputFilter: \"$['account_id','SageMakerOutput']\". Unexpected \"_\" in JsonPath. "
            "Supported operators for \"application/jsonlines\" are ['$', '[', ']', '*', '.', ' ', ',', "
            "':', '-', ''']",
        ),
        (
            request(DataProcessing={"InputFilter": "$.id"}),
            'Invalid InputFilter: "$.id". Unexpected "." in JsonPath',
        ),
        (
            request(DataProcessing={"OutputFilter": "$[0:2,246:]"}),
            "only single range filters of format (eg: [1:5]) are supported",
        ),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_with_the_reason(
    asked: dict[str, Any], text: str
) -> None:
    assert text in " ".join(refusals(asked))


def test_everything_that_is_wrong_is_told() -> None:
    found = [*refusals(request({"SplitType": "TFRecord"}, MaxPayloadInMB=0))]
    assert len(found) == 2


CONTAINER = ExecutionParameters(8, "SingleRecord", 20)


@pytest.mark.parametrize(
    ("asked", "container", "single", "megabytes", "logged"),
    [
        (
            request(BatchStrategy="MultiRecord", MaxPayloadInMB=2, MaxConcurrentTransforms=3),
            CONTAINER,
            False,
            2,
            "MaxConcurrentTransforms=3, MaxPayloadInMB=2, BatchStrategy=MULTI_RECORD",
        ),
        (
            request(MaxConcurrentTransforms=0),
            CONTAINER,
            True,
            20,
            "MaxConcurrentTransforms=8, MaxPayloadInMB=20, BatchStrategy=SINGLE_RECORD",
        ),
        (
            request(),
            ExecutionParameters(),
            False,
            6,
            "MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD",
        ),
    ],
)
def test_the_request_goes_before_the_container_and_the_container_before_the_default(
    asked: dict[str, Any],
    container: ExecutionParameters,
    single: bool,
    megabytes: int,
    logged: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan = make_plan(settings(asked), container)
    assert (plan.cut.single, plan.cut.limit) == (single, megabytes * 1024 * 1024)
    assert capsys.readouterr().out.endswith(f":[sagemaker logs]: {logged}\n")


def test_the_containers_environment_has_the_jobs_settings_over_the_models() -> None:
    asked = request(
        BatchStrategy="SingleRecord",
        MaxPayloadInMB=3,
        Environment={"A": "job", "SAGEMAKER_BATCH": "no"},
    )
    assert environment(asked, {"Environment": {"A": "model", "B": "model"}}) == {
        "A": "job",
        "B": "model",
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "3",
        "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD",
    }
