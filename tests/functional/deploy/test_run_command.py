from __future__ import annotations

import json
import signal

import pytest

from params.environment import load
from pipelines import run, upsert
from pipelines.deploy import deployer, synth

BUCKET = load("local").bucket
ARN = "arn:aws:sagemaker:us-east-1:123456789012"
METRICS = {
    name: {"value": value, "standard_deviation": value / 50}
    for name, value in {"rmse": 46123.4, "mae": 30120.2, "r2": 0.8412}.items()
}
BASELINE = {"rmse": {"value": 71234.5, "standard_deviation": 900.0}}


@pytest.fixture
def deployed(sagemaker, capsys):
    assert upsert.main(["tiny"]) == 0
    capsys.readouterr()
    sagemaker.calls.clear()
    return sagemaker


@pytest.fixture
def succeeding(deployed, s3, steps):
    """Prepare, then a tuning job under way, then everything done with an evaluation in S3."""
    deployed.jobs = {
        "prepare-1": {},
        "tune-1": {
            "HyperParameterTuningJobConfig": {"ResourceLimits": {"MaxNumberOfTrainingJobs": 20}},
            "TrainingJobStatusCounters": {"Completed": 7, "InProgress": 2},
            "BestTrainingJob": {
                "TunedHyperParameters": {"eta": "0.1234567", "max_depth": "7"},
                "FinalHyperParameterTuningJobObjectiveMetric": {
                    "MetricName": "validation:rmse",
                    "Value": 45123.4,
                },
            },
        },
        "evaluate-1": {
            "ProcessingOutputConfig": {
                "Outputs": [
                    {"OutputName": "evaluation", "S3Output": {"S3Uri": f"s3://{BUCKET}/out"}}
                ]
            }
        },
    }
    report = {"regression_metrics": METRICS, "improvement": 0.3525}
    report["baseline"] = {"regression_metrics": BASELINE}
    s3.put_object(Bucket=BUCKET, Key="out/evaluation.json", Body=json.dumps(report).encode())
    prepare = ("Prepare", {"ProcessingJob": {"Arn": f"{ARN}:processing-job/prepare-1"}})
    tune = ("Tune", {"TuningJob": {"Arn": f"{ARN}:hyper-parameter-tuning-job/tune-1"}})
    evaluate = ("Evaluate", {"ProcessingJob": {"Arn": f"{ARN}:processing-job/evaluate-1"}})
    done = [steps(name, "Succeeded", data, 4) for name, data in (prepare, tune)]
    deployed.frames = [
        ("Executing", []),
        ("Executing", [steps("Prepare", "Executing", prepare[1])]),
        ("Executing", [done[0], steps("Tune", "Executing", tune[1])]),
        ("Succeeded", [*done, steps("Evaluate", "Succeeded", evaluate[1], 42)]),
    ]
    return deployed


def test_every_change_of_status_is_a_line_and_the_summary_follows(succeeding, capsys):
    assert run.main(["tiny"]) == 0
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert next(line[-1] for line in lines if "Prepare" in line) == "Executing"
    assert "7/20 trials, best validation:rmse 45,123" in out
    assert "46,123 ± 922" in out
    assert "tuned rmse is 35.2% lower than the baseline's" in out
    assert "eta 0.1235  max_depth 7" in out


def test_json_carries_steps_and_metrics(succeeding, capsys):
    assert run.main(["tiny", "--json"]) == 0
    [document] = json.loads(capsys.readouterr().out)["pipelines"]
    assert document["metrics"]["tuned"]["rmse"]["value"] == 46123.4
    assert document["metrics"]["baseline"]["rmse"]["value"] == 71234.5
    assert document["steps"][0] == {
        "name": "Prepare",
        "type": "Processing",
        "status": "Succeeded",
        "seconds": 4.0,
        "cached": False,
        "failure_reason": None,
        "job": f"{ARN}:processing-job/prepare-1",
        "detail": "",
    }


def test_a_pipeline_that_is_not_deployed_is_an_error_with_the_command_to_type(sagemaker, capsys):
    assert run.main(["tiny"]) == 1
    assert "deploy it with: python -m pipelines.upsert tiny" in capsys.readouterr().err


def test_a_failed_step_shows_its_reason_its_last_log_lines_and_what_to_do(
    deployed, steps, tmp_path, capsys
):
    log = tmp_path / "state" / "jobs" / "processing" / "prepare-1" / "log"
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"line {number}\n" for number in range(50)))
    metadata = {"ProcessingJob": {"Arn": f"{ARN}:processing-job/prepare-1"}}
    reason = "ClientError: AlgorithmError: column 'x' is missing"
    deployed.jobs = {"prepare-1": {}}
    deployed.frames = [
        ("Failed", [steps("Prepare", "Failed", metadata, 3, FailureReason=reason)]),
    ]
    assert run.main(["tiny"]) == 1
    out = capsys.readouterr().out
    assert f"Prepare failed  {reason}" in out
    assert "line 49" in out
    assert "line 10\n" not in out
    assert str(log) in out
    assert "Tune" in out
    assert "Not run" in out
    assert "python -m pipelines.upsert tiny --start --wait" in out


def test_ctrl_c_asks_the_service_to_stop_and_waits_until_it_has(deployed, monkeypatch, capsys):
    monkeypatch.setattr("pipelines.deploy.watching.watch.Interrupts.wait", lambda self, pause: True)
    deployed.frames = [("Executing", [])]
    assert run.main(["tiny"]) == 1
    assert deployed.written() == ["start_pipeline_execution", "stop_pipeline_execution"]
    out = capsys.readouterr().out
    assert "Stopping the execution" in out
    assert "tiny  Stopped" in out


def test_ctrl_c_in_the_first_of_two_executions_leaves_the_second_unstarted(
    deployed, monkeypatch, capsys
):
    monkeypatch.setattr("pipelines.deploy.watching.watch.Interrupts.wait", lambda self, pause: True)
    for module in (synth, deployer):
        monkeypatch.setattr(module, "composition_names", lambda: ("other", "tiny"))
    deployed.frames = [("Executing", [])]
    assert upsert.main(["--start", "--wait"]) == 1
    assert deployed.written().count("start_pipeline_execution") == 1


def test_the_outcome_of_a_stopped_execution_is_what_the_service_says(deployed, monkeypatch):
    monkeypatch.setattr("pipelines.deploy.watching.watch.Interrupts.wait", lambda self, pause: True)
    deployed.frames = [("Executing", []), ("Executing", []), ("Succeeded", [])]
    deployed.fail["stop_pipeline_execution"] = ("ConflictException", "already finished")
    assert run.main(["tiny"]) == 0


def test_it_says_where_and_with_what_it_starts(deployed, tmp_path, capsys):
    (tmp_path / "mine.csv").write_text("price\n1\n")
    assert run.main(["tiny", "--input", str(tmp_path / "mine.csv"), "--param", "Rounds=5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["local: scripted", ""]
    assert lines[2].startswith(f"  + upload mine.csv  s3://{BUCKET}/house-price-pipelines/data/")
    assert lines[3].startswith("  > start an execution  Rounds=5, InputDataUri=s3://")


def test_a_name_that_nobody_knows_gets_the_near_miss_as_a_usage_error(sagemaker, capsys):
    assert run.main(["tinny"]) == 2
    assert "no pipeline 'tinny' is deployed in environment 'local'; did you mean 'tiny'?" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("text", ["{", "[]", '{"Version": "2020-12-01", "Steps": [{"Name": 1}]}'])
def test_a_deployed_definition_that_cannot_be_read_is_a_sentence(deployed, text, capsys):
    deployed.pipelines["tiny"]["PipelineDefinition"] = text
    assert run.main(["tiny"]) == 1
    assert deployed.written() == []
    error = capsys.readouterr().err
    assert error.startswith("error: tiny: the deployed definition cannot be read; upsert it again")


def test_a_foreign_definition_runs_as_long_as_it_is_one(deployed):
    foreign = {"Version": "2020-12-01", "Steps": [{"Name": "X", "Type": "EMR", "Arguments": {}}]}
    deployed.pipelines["foreign"] = {
        **deployed.pipelines["tiny"],
        "PipelineDefinition": json.dumps(foreign),
    }
    assert run.main(["foreign"]) == 0
    assert deployed.written() == ["start_pipeline_execution"]


@pytest.mark.parametrize(
    "option",
    [["--input", f"s3://{BUCKET}/nothing.csv"], ["--param", "InputDataUri=s3://other/x.csv"]],
)
def test_data_that_is_not_there_is_missed_before_the_start(deployed, option, capsys):
    assert run.main(["tiny", *option]) == 1
    assert deployed.written() == []
    error = capsys.readouterr().err
    assert "there is no such object in environment 'local'; give --input" in error


def test_a_failure_repeats_the_options_it_was_started_with(deployed, capsys):
    deployed.frames = [("Failed", [])]
    assert run.main(["tiny", "--rows", "30", "--param", "Loss=b"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "To try again:  python -m pipelines.upsert tiny --start --wait --param Loss=b --rows 30"
    )


def test_metrics_that_may_not_be_read_do_not_make_a_success_fail(succeeding, s3, capsys):
    s3.delete_object(Bucket=BUCKET, Key="out/evaluation.json")
    assert run.main(["tiny"]) == 0
    assert f"Not read: reading s3://{BUCKET}/out/evaluation.json: " in capsys.readouterr().out


def test_ctrl_c_while_it_is_being_started_stops_what_was_started(deployed, capsys):
    start = deployed._start_pipeline_execution

    def interrupted(request):
        signal.raise_signal(signal.SIGINT)
        return start(request)

    deployed._start_pipeline_execution = interrupted
    deployed.frames = [("Executing", [])]
    assert run.main(["tiny"]) == 1
    assert deployed.written() == ["start_pipeline_execution", "stop_pipeline_execution"]
    out = capsys.readouterr().out
    assert "Started arn:" in out
    assert "tiny  Stopped" in out
