"""Batch transform with both algorithms: filters, joins, splitting, limits, and what is kept when objects fail."""

from __future__ import annotations

import gzip
import json
import struct
import threading
import zlib
from typing import Any

import pytest

from runtime.algorithms.recordio import RECORDIO, write_record
from runtime.api import ApiError

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"
LINEAR = "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"


@pytest.fixture(scope="module")
def xgboost(local: Any) -> str:
    return _model(local, "xgb", local.xgboost, num_round="10", objective="reg:squarederror")


@pytest.fixture(scope="module")
def linear(local: Any) -> str:
    parameters = {"predictor_type": "regressor", "num_models": "1", "epochs": "3"}
    return _model(local, "linear", LINEAR, **parameters)


def _model(local: Any, name: str, image: str, **parameters: str) -> str:
    """A model of y = 3 x1 + 2 x2."""
    specification = {"TrainingImage": image, "TrainingInputMode": "File"}
    channels = [local.channel("train", local.data(0)), local.channel("validation", local.data(1))]
    request = local.training(AlgorithmSpecification=specification, InputDataConfig=channels)
    local.call("CreateTrainingJob", TrainingJobName=name, HyperParameters=parameters, **request)
    job = local.ended("TrainingJob", name)
    assert job["TrainingJobStatus"] == "Completed", job
    _create_model(local, name, image, job["ModelArtifacts"]["S3ModelArtifacts"])
    return name


def _create_model(
    local: Any, name: str, image: str, artifact: str, environment: dict[str, str] | None = None
) -> None:
    container = {"Image": image, "ModelDataUrl": artifact, "Environment": environment or {}}
    local.call(
        "CreateModel", ModelName=name, ExecutionRoleArn=local.role, PrimaryContainer=container
    )


def transform(local: Any, name: str, model: str, uri: str, **changes: Any) -> dict[str, Any]:
    """Run a job; `source` and `output` change TransformInput and TransformOutput."""
    source, output = changes.pop("source", {}), changes.pop("output", {})
    kind = changes.pop("kind", "S3Prefix")
    local.call(
        "CreateTransformJob",
        TransformJobName=name,
        ModelName=model,
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}},
            "ContentType": CSV,
            "SplitType": "Line",
            **source,
        },
        TransformOutput={
            "S3OutputPath": f"s3://test-bucket/out/{name}",
            "AssembleWith": "Line",
            **output,
        },
        TransformResources={
            "InstanceType": "ml.m5.large",
            "InstanceCount": changes.pop("instances", 1),
        },
        **changes,
    )
    return dict(local.ended("TransformJob", name))


def result(local: Any, name: str, file: str) -> bytes:
    return bytes(local.read(f"s3://test-bucket/out/{name}/{file}.out"))


def completed(job: dict[str, Any]) -> None:
    assert job["TransformJobStatus"] == "Completed", job


def failure(job: dict[str, Any]) -> str:
    assert job["TransformJobStatus"] == "Failed", job
    return str(job["FailureReason"])


def near(y: float, x1: float, x2: float) -> bool:
    return abs(y - 3 * x1 - 2 * x2) < 0.8


def test_csv_is_filtered_joined_and_filtered_again_with_xgboost(local: Any, xgboost: str) -> None:
    uri = local.put("join/rows.csv", "first,0.1,0.2\nsecond,0.9,0.8\n")
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    completed(
        transform(local, "join", xgboost, uri, output={"Accept": CSV}, DataProcessing=processing)
    )
    (first, low), (second, high) = (
        line.split(b",") for line in result(local, "join", "rows.csv").splitlines()
    )
    assert (first, second) == (b"first", b"second")
    assert near(float(low), 0.1, 0.2)
    assert near(float(high), 0.9, 0.8)


def test_csv_is_filtered_for_linear_learner_which_answers_json_lines(
    local: Any, linear: str
) -> None:
    uri = local.put("filter/rows.csv", "first,0.1,0.2\nsecond,0.9,0.8\n")
    processing = {"InputFilter": "$[1:]", "OutputFilter": "$.score"}
    completed(
        transform(local, "filter", linear, uri, output={"Accept": LINES}, DataProcessing=processing)
    )
    low, high = map(float, result(local, "filter", "rows.csv").split())
    assert near(low, 0.1, 0.2)
    assert near(high, 0.9, 0.8)


def test_json_lines_are_joined_with_linear_learner(local: Any, linear: str) -> None:
    rows = [{"id": n, "row": {"features": [n / 10, n / 5]}} for n in range(5)]
    uri = local.put("lines/rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    processing = {
        "InputFilter": "$.row",
        "JoinSource": "Input",
        "OutputFilter": "$['id','SageMakerOutput']",
    }
    for strategy in ("MultiRecord", "SingleRecord"):
        job = transform(
            local,
            f"lines-{strategy}",
            linear,
            uri,
            source={"ContentType": LINES},
            output={"Accept": LINES},
            BatchStrategy=strategy,
            DataProcessing=processing,
        )
        completed(job)
        for number, line in enumerate(
            result(local, f"lines-{strategy}", "rows.jsonl").splitlines()
        ):
            answer = json.loads(line)
            assert answer["id"] == number
            assert near(answer["SageMakerOutput"]["score"], number / 10, number / 5)


def test_a_json_document_is_joined_as_a_whole(local: Any, linear: str) -> None:
    document = {"day": "monday", "request": {"instances": [{"features": [0.5, 0.5]}]}}
    uri = local.put("document/rows.json", json.dumps(document))
    processing = {"InputFilter": "$.request", "JoinSource": "Input"}
    job = transform(
        local,
        "document",
        linear,
        uri,
        source={"ContentType": JSON, "SplitType": "None"},
        output={"Accept": JSON, "AssembleWith": "None"},
        DataProcessing=processing,
    )
    completed(job)
    answer = json.loads(result(local, "document", "rows.json"))
    assert answer["day"] == "monday"
    assert near(answer["SageMakerOutput"]["predictions"][0]["score"], 0.5, 0.5)


def test_json_lines_are_no_content_type_of_xgboost(local: Any, xgboost: str) -> None:
    uri = local.put("foreign/rows.jsonl", '{"features": [1, 2]}\n')
    job = transform(
        local,
        "foreign",
        xgboost,
        uri,
        source={"ContentType": LINES},
        output={"Accept": LINES},
        DataProcessing={"JoinSource": "Input"},
    )
    assert failure(job).startswith(
        "ClientError: rows.jsonl: Content-type application/jsonlines is not supported"
    )
    log = local.log("TransformJob", "foreign")
    assert "[sagemaker logs]: test-bucket/foreign/rows.jsonl: ClientError: 415\n" in log


def test_linear_learner_writes_no_csv(local: Any, linear: str) -> None:
    uri = local.put("nocsv/rows.csv", "0.1,0.2\n")
    job = transform(
        local, "nocsv", linear, uri, output={"Accept": CSV}, DataProcessing={"JoinSource": "Input"}
    )
    assert "Accept 'text/csv' is not allowed; allowed: application/json" in failure(job)


def test_recordio_is_split_and_answered(local: Any, linear: str) -> None:
    def example(values: list[float]) -> bytes:
        record = write_record({"values": values})
        return record[:8] + bytes([1 << 3 | 2]) + record[9:]

    path = local.directory / "rows.rec"
    path.write_bytes(example([0.1, 0.2]) + example([0.9, 0.8]))
    local.runtime.objects.put(local.bucket, "recordio/rows.rec", path)
    answers = set()
    for strategy in ("MultiRecord", "SingleRecord"):
        name = f"recordio-{strategy}"
        job = transform(
            local,
            name,
            linear,
            "s3://test-bucket/recordio",
            source={"ContentType": RECORDIO, "SplitType": "RecordIO"},
            output={"Accept": RECORDIO, "AssembleWith": "None"},
            BatchStrategy=strategy,
        )
        completed(job)
        answers.add(result(local, name, "rows.rec"))
    [answer] = answers
    frame = len(write_record({"score": [0.0]}))
    scores = [struct.unpack_from("<f", answer, place + frame - 5)[0] for place in (0, frame)]
    assert answer == b"".join(write_record({"score": [score]}) for score in scores)
    assert near(scores[0], 0.1, 0.2)
    assert near(scores[1], 0.9, 0.8)


def test_selected_output_is_joined_as_columns(local: Any, xgboost: str) -> None:
    artifact = local.ended("TrainingJob", xgboost)["ModelArtifacts"]["S3ModelArtifacts"]
    environment = {"SAGEMAKER_INFERENCE_OUTPUT": "predicted_score,labels"}
    _create_model(local, "selected", local.xgboost, artifact, environment)
    uri = local.put("selected/rows.csv", "0.1,0.2\n")
    job = transform(
        local,
        "selected",
        "selected",
        uri,
        output={"Accept": CSV},
        DataProcessing={"JoinSource": "Input"},
    )
    completed(job)
    x1, x2, score, labels = result(local, "selected", "rows.csv").decode().strip().split(",")
    assert (x1, x2, labels) == ("0.1", "0.2", "nan")
    assert near(float(score), 0.1, 0.2)


def test_many_requests_and_instances_give_what_one_request_gives(local: Any, xgboost: str) -> None:
    """A megabyte at a time, one line at a time, packed, from a manifest: always the same predictions."""
    rows = "".join(f"{n / 60_000},{1 - n / 60_000}\n" for n in range(60_000))
    local.put("many/rows.csv", rows)
    local.put("few/rows.csv", "".join(rows.splitlines(keepends=True)[:50]))
    packed = local.directory / "packed.gz"
    packed.write_bytes(gzip.compress(rows.encode()))
    local.runtime.objects.put(local.bucket, "packed/rows.csv", packed)
    manifest = local.put(
        "manifest.json", json.dumps([{"prefix": "s3://test-bucket/"}, "many/rows.csv"])
    )
    assert len(rows) > 1024 * 1024
    completed(transform(local, "whole", xgboost, "s3://test-bucket/many"))
    whole = result(local, "whole", "rows.csv")
    assert len(whole.splitlines()) == 60_000
    completed(
        transform(local, "pieces", xgboost, "s3://test-bucket/many", MaxPayloadInMB=1, instances=3)
    )
    assert result(local, "pieces", "rows.csv") == whole
    gzipped = {"CompressionType": "Gzip"}
    completed(transform(local, "packed", xgboost, "s3://test-bucket/packed", source=gzipped))
    assert result(local, "packed", "rows.csv") == whole
    completed(transform(local, "listed", xgboost, manifest, kind="ManifestFile"))
    assert result(local, "listed", "many/rows.csv") == whole
    completed(
        transform(local, "single", xgboost, "s3://test-bucket/few", BatchStrategy="SingleRecord")
    )
    assert result(local, "single", "rows.csv") == b"".join(whole.splitlines(keepends=True)[:50])


def test_an_object_that_fails_late_leaves_nothing_and_the_others_all(
    local: Any, xgboost: str
) -> None:
    good = "0.1,0.2\n"
    local.put("late/bad.csv", good * 150_000 + "x,y\n")
    local.put("late/empty.csv", "")
    local.put("late/good.csv", good)
    local.put("late/long.csv", good + "1" * 1_100_000 + "\n")
    job = transform(local, "late", xgboost, "s3://test-bucket/late", MaxPayloadInMB=1)
    reason = failure(job)
    assert reason.startswith("ClientError: bad.csv: Loading csv data failed")
    assert "could not convert string to float: 'x'" in reason
    assert result(local, "late", "good.csv")
    assert result(local, "late", "empty.csv") == b""
    kept = [stored.key for stored in local.runtime.objects.list(local.bucket, "out/late")]
    assert kept == ["out/late/empty.csv.out", "out/late/good.csv.out"]
    log = local.log("TransformJob", "late")
    assert "late/long.csv: Too much data for max payload size: the line at byte 8" in log


def test_a_record_above_the_containers_own_limit_is_refused_by_it(local: Any, xgboost: str) -> None:
    artifact = local.ended("TrainingJob", xgboost)["ModelArtifacts"]["S3ModelArtifacts"]
    _create_model(local, "small", local.xgboost, artifact, {"MAX_CONTENT_LENGTH": "10"})
    uri = local.put("small/rows.csv", "0.1,0.2\n0.3,0.4\n")
    assert "MAX_CONTENT_LENGTH is 10" in failure(transform(local, "small", "small", uri))
    completed(transform(local, "alone", "small", uri, BatchStrategy="SingleRecord"))


def test_a_request_that_contradicts_itself_starts_nothing(local: Any, xgboost: str) -> None:
    uri = local.put("never/rows.csv", "0.1,0.2\n")
    for changes, text in (
        ({"MaxPayloadInMB": 50, "MaxConcurrentTransforms": 3}, "cannot exceed 100 MB"),
        ({"DataProcessing": {"JoinSource": "Input"}}, "JoinSource Input needs"),
        ({"source": {"SplitType": "TFRecord"}}, "reads TFRecord"),
    ):
        with pytest.raises(ApiError, match=text) as refusal:
            transform(local, "never", xgboost, uri, **changes)
        assert refusal.value.code == "ValidationException"
    with pytest.raises(ApiError, match="Could not find"):
        local.call("DescribeTransformJob", TransformJobName="never")


def test_a_model_of_several_containers_is_refused(local: Any) -> None:
    containers = [{"Image": local.xgboost}, {"Image": local.xgboost}]
    local.call(
        "CreateModel", ModelName="pipeline", ExecutionRoleArn=local.role, Containers=containers
    )
    uri = local.put("never/rows.csv", "0.1,0.2\n")
    with pytest.raises(ApiError, match="serves models of one container, but this one has 2"):
        transform(local, "pipeline", "pipeline", uri)


@pytest.mark.parametrize(
    "manifest", ["[1, 2]", '["a"]', "{}", "[]", '[{"prefix": 1}]', '[{"a": 1}]']
)
def test_a_damaged_manifest_fails_the_job_with_the_reason(
    local: Any, xgboost: str, manifest: str
) -> None:
    name = f"manifest-{zlib.crc32(manifest.encode())}"
    uri = local.put("damaged.json", manifest)
    reason = failure(transform(local, name, xgboost, uri, kind="ManifestFile"))
    assert reason.startswith("ClientError: Data download failed:s3://test-bucket/damaged.json")


def test_a_stopped_job_keeps_what_was_finished(local: Any, xgboost: str) -> None:
    row = "0.1,0.2\n"
    local.put("stop/a.csv", row)
    local.put("stop/b.csv", row * 200_000)
    name = "stopped"
    threading.Thread(
        target=transform,
        args=(local, name, xgboost, "s3://test-bucket/stop"),
        kwargs={"BatchStrategy": "SingleRecord"},
        daemon=True,
    ).start()
    local.wait_for(lambda: "BatchStrategy=SINGLE_RECORD" in local.log("TransformJob", name))
    first = local.directory / f"state/jobs/TransformJob/{name}/ml/output/transform/000000.out"
    local.wait_for(first.exists)
    local.call("StopTransformJob", TransformJobName=name)
    job = local.ended("TransformJob", name)
    assert job["TransformJobStatus"] == "Stopped"
    kept = [stored.key for stored in local.runtime.objects.list(local.bucket, "out/stopped")]
    assert kept == ["out/stopped/a.csv.out"]
