"""Lambda and Callback steps: functions of the user's, and somebody who answers a message."""

from __future__ import annotations

import json
import threading
import uuid
from pathlib import Path
from typing import Any

import boto3
import pytest

from runtime.api import ApiError
from runtime.server.app import application
from runtime.transport import Transport

ARN = "arn:aws:lambda:us-east-1:123456789012:function:{}"


@pytest.fixture(scope="module")
def functions(local: Any) -> Any:
    """Registers a function: its name, its code with a `handler`, its settings."""
    folder: Path = local.runtime.directory

    def register(name: str, code: str, **more: Any) -> str:
        (folder / "code").mkdir(exist_ok=True)
        (folder / "code" / f"{name}.py").write_text(code)
        settings = {"handler": f"code/{name}.py:handler", **more}
        members = ", ".join(f"{key} = {json.dumps(value)}" for key, value in settings.items())
        registry = folder / "functions.toml"
        text = registry.read_text() if registry.exists() else "[functions]\n"
        registry.write_text(f"{text}{name} = {{ {members} }}\n")
        return ARN.format(name)

    return register


@pytest.fixture(scope="module")
def sqs(local: Any) -> Any:
    session = boto3.Session(
        aws_access_key_id="local", aws_secret_access_key="local", region_name="us-east-1"
    )
    session.events.register("before-send", Transport(application(local.runtime)))
    return session.client("sqs")


@pytest.fixture
def queue(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex}")["QueueUrl"])


def lambda_step(name: str, arn: str, *outputs: tuple[str, str], **arguments: Any) -> dict[str, Any]:
    declared = [{"OutputName": output, "OutputType": kind} for output, kind in outputs]
    return {
        "Name": name,
        "Type": "Lambda",
        "FunctionArn": arn,
        "Arguments": arguments,
        "OutputParameters": declared,
    }


def callback_step(
    name: str, queue: str, *outputs: tuple[str, str], **arguments: Any
) -> dict[str, Any]:
    step = lambda_step(name, "", *outputs, **arguments)
    del step["FunctionArn"]
    return {**step, "Type": "Callback", "SqsQueueUrl": queue}


def get(path: str) -> dict[str, str]:
    return {"Get": path}


def fail_with(value: Any) -> dict[str, Any]:
    message = {"Std:Join": {"On": "", "Values": [value]}}
    return {"Name": "Told", "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def received(local: Any, sqs: Any, queue: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    def look() -> bool:
        found.extend(sqs.receive_message(QueueUrl=queue).get("Messages", []))
        return bool(found)

    local.wait_for(look)
    return dict(json.loads(found[0]["Body"]))


def test_outputs_of_a_function_keep_their_types(local: Any, functions: Any) -> None:
    arn = functions(
        "typed",
        "def handler(event, context):\n"
        "    print('seen', event, context.function_name)\n"
        "    return {'count': event['count'] + 1, 'rate': '0.5', 'ok': 'true', 'deep': {'a': [1]}}\n",
    )
    outputs = [("count", "Integer"), ("rate", "Float"), ("ok", "Boolean"), ("deep", "String")]
    conditions = [
        {
            "Type": "Equals",
            "LeftValue": get(f"Steps.Call.OutputParameters['{name}']"),
            "RightValue": value,
        }
        for name, value in {"count": 3, "rate": 0.5, "ok": True, "deep": '{"a": [1]}'}.items()
    ]
    name = local.pipeline(
        "typed",
        lambda_step("Call", arn, *outputs, count=get("Parameters.Count")),
        {
            "Name": "Check",
            "Type": "Condition",
            "Arguments": {"Conditions": conditions, "IfSteps": [], "ElseSteps": []},
        },
        Parameters=[{"Name": "Count", "Type": "Integer", "DefaultValue": 2}],
    )
    execution = local.start(name)
    assert local.finished(execution)["PipelineExecutionStatus"] == "Succeeded"
    steps = local.steps(execution)
    assert steps["Check"]["Metadata"]["Condition"]["Outcome"] == "True"
    assert steps["Call"]["Metadata"]["Lambda"] == {
        "Arn": arn,
        "OutputParameters": [
            {"Name": "count", "Value": "3"},
            {"Name": "rate", "Value": "0.5"},
            {"Name": "ok", "Value": "true"},
            {"Name": "deep", "Value": '{"a": [1]}'},
        ],
    }
    [log] = local.runtime.directory.glob("jobs/Function/typed-*/log")
    assert log.read_text() == "seen {'count': 2} typed\n"


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("raises", "def handler(event, context):\n    raise ValueError('too small')\n", "ClientError: Lambda function raises failed: ValueError: too small"),
        ("missing", "def handler(event, context):\n    return {'other': 1}\n", "ClientError: the function returned no 'size'; it returned 'other'."),
        ("mistyped", "def handler(event, context):\n    return {'size': 'many'}\n", "ClientError: Output parameters: 'size' must be of type Integer but is 'many'."),
        ("dies", "import os\ndef handler(event, context):\n    os._exit(3)\n", "ended with exit code 3 before it returned"),
        ("unimportable", "import no_such_module\n", "ModuleNotFoundError"),
        ("endless", "def handler(event, context):\n    while True:\n        pass\n", "ClientError: Lambda function endless timed out after 0.5 seconds."),
    ],
)  # fmt: skip
def test_a_function_that_fails_fails_its_step(
    local: Any, functions: Any, name: str, code: str, told: str
) -> None:
    arn = functions(name, code, timeout=0.5 if name == "endless" else 30)
    execution = local.start(local.pipeline(name, lambda_step("Call", arn, ("size", "Integer"))))
    assert local.finished(execution)["PipelineExecutionStatus"] == "Failed"
    step = local.steps(execution)["Call"]
    assert told in step["FailureReason"]
    assert step["Metadata"]["Lambda"]["Arn"] == arn


def test_a_failure_with_a_step_for_it_completes_with_failures(local: Any, functions: Any) -> None:
    broken = functions("broken", "")
    fine = functions("fine", "def handler(event, context):\n    return {}\n")
    handler = {**lambda_step("Clean", fine), "DependsOn": [{"Step": "Call", "Trigger": "Failed"}]}
    unwanted = {**lambda_step("Later", fine), "DependsOn": ["Call"]}
    name = local.pipeline("handled", lambda_step("Call", broken), handler, unwanted)
    execution = local.start(name)
    assert local.finished(execution)["PipelineExecutionStatus"] == "CompletedWithFailures"
    ends = {name: step["StepStatus"] for name, step in local.steps(execution).items()}
    assert ends == {"Call": "Failed", "Clean": "Succeeded"}


def test_a_function_that_is_not_registered_is_missed_before_anything_starts(
    local: Any, functions: Any
) -> None:
    functions("near", "def handler(event, context):\n    return {}\n")
    name = local.pipeline("unregistered", lambda_step("Call", ARN.format("neer")))
    with pytest.raises(
        ApiError, match=r"No Python function is registered for .*neer; did you mean 'near'"
    ):
        local.start(name)


def test_a_function_reaches_the_endpoint_and_no_credentials_of_the_users(
    local: Any, functions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the users own")
    arn = functions(
        "curious",
        "import os\n"
        "def handler(event, context):\n"
        "    return {'secret': os.environ['AWS_SECRET_ACCESS_KEY'], 'left': context.get_remaining_time_in_millis()}\n",
    )
    step = lambda_step("Call", arn, ("secret", "String"), ("left", "Integer"))
    execution = local.start(local.pipeline("curious", step))
    assert local.finished(execution)["PipelineExecutionStatus"] == "Succeeded"
    values = local.steps(execution)["Call"]["Metadata"]["Lambda"]["OutputParameters"]
    assert values[0]["Value"] == "local"
    assert 0 < int(values[1]["Value"]) <= 120_000


def test_a_callback_waits_for_its_answer(local: Any, sqs: Any, queue: str) -> None:
    size = get("Steps.Ask.OutputParameters['size']")
    name = local.pipeline(
        "asking",
        callback_step("Ask", queue, ("size", "Integer"), question="how big?"),
        {
            "Name": "Check",
            "Type": "Condition",
            "Arguments": {
                "Conditions": [{"Type": "GreaterThan", "LeftValue": size, "RightValue": 5}],
                "IfSteps": [],
                "ElseSteps": [],
            },
        },
    )
    execution = local.start(name)
    message = received(local, sqs, queue)
    token = message.pop("token")
    assert (len(token), token.isalnum()) == (10, True)
    assert message == {
        "pipelineExecutionArn": execution,
        "arguments": {"question": "how big?"},
        "status": "Executing",
    }
    local.wait_for(lambda: local.steps(execution)["Ask"]["Metadata"])
    shown = local.steps(execution)["Ask"]["Metadata"]["Callback"]
    assert shown == {"CallbackToken": token, "SqsQueueUrl": queue}

    def send(request: str = "r" * 32, **output: str) -> dict[str, Any]:
        outputs = [{"Name": key, "Value": value} for key, value in output.items()]
        return dict(
            local.call(
                "SendPipelineExecutionStepSuccess",
                CallbackToken=token,
                OutputParameters=outputs,
                ClientRequestToken=request,
            )
        )

    with pytest.raises(ApiError, match="'size' must be of type Integer but is 'big'"):
        send(size="big")
    with pytest.raises(ApiError, match="declares no output parameter 'sise'; declared: size"):
        send(sise="1")
    assert send(size="7") == {"PipelineExecutionArn": execution}
    assert send(size="7") == {"PipelineExecutionArn": execution}
    with pytest.raises(ApiError, match=r"ConflictException: .* was answered already"):
        send("another" + "r" * 32, size="8")
    assert local.finished(execution)["PipelineExecutionStatus"] == "Succeeded"
    steps = local.steps(execution)
    assert steps["Check"]["Metadata"]["Condition"]["Outcome"] == "True"
    assert steps["Ask"]["Metadata"]["Callback"]["OutputParameters"] == [
        {"Name": "size", "Value": "7"}
    ]


def test_a_callback_can_be_failed(local: Any, sqs: Any, queue: str) -> None:
    execution = local.start(local.pipeline("refusing", callback_step("Ask", queue)))
    token = received(local, sqs, queue)["token"]
    local.call("SendPipelineExecutionStepFailure", CallbackToken=token, FailureReason="too late")
    assert local.finished(execution)["PipelineExecutionStatus"] == "Failed"
    assert local.steps(execution)["Ask"]["FailureReason"] == "too late"
    with pytest.raises(ApiError, match="ResourceNotFound: No callback step waits"):
        local.call("SendPipelineExecutionStepSuccess", CallbackToken="a" * 10)


def test_a_stop_sends_a_second_message_and_waits_for_the_answer(
    local: Any, sqs: Any, queue: str
) -> None:
    execution = local.start(local.pipeline("stopping", callback_step("Ask", queue)))
    token = received(local, sqs, queue)["token"]
    local.wait_for(lambda: local.steps(execution)["Ask"]["Metadata"])
    local.call("StopPipelineExecution", PipelineExecutionArn=execution, ClientRequestToken="t" * 32)
    second = received(local, sqs, queue)
    assert (second["token"], second["status"]) == (token, "Stopping")
    described = local.call("DescribePipelineExecution", PipelineExecutionArn=execution)
    assert described["PipelineExecutionStatus"] == "Stopping"
    local.call("SendPipelineExecutionStepSuccess", CallbackToken=token)
    assert local.finished(execution)["PipelineExecutionStatus"] == "Stopped"
    assert local.steps(execution)["Ask"]["StepStatus"] == "Stopped"


def test_a_stop_is_not_hindered_by_a_queue_that_is_gone(local: Any, sqs: Any, queue: str) -> None:
    execution = local.start(local.pipeline("queue-gone", callback_step("Ask", queue)))
    token = received(local, sqs, queue)["token"]
    local.wait_for(lambda: local.steps(execution)["Ask"]["Metadata"])
    sqs.delete_queue(QueueUrl=queue)
    local.call("StopPipelineExecution", PipelineExecutionArn=execution, ClientRequestToken="t" * 32)
    local.call("SendPipelineExecutionStepFailure", CallbackToken=token)
    assert local.finished(execution)["PipelineExecutionStatus"] == "Stopped"


def test_a_queue_that_does_not_exist_fails_the_step(local: Any) -> None:
    queue = "https://sqs.us-east-1.amazonaws.com/123456789012/nowhere"
    execution = local.start(local.pipeline("nowhere", callback_step("Ask", queue)))
    assert local.finished(execution)["PipelineExecutionStatus"] == "Failed"
    reason = local.steps(execution)["Ask"]["FailureReason"]
    assert reason.startswith("ClientError: Failed to invoke sqs:SendMessage. Error Details: ")


def test_closing_ends_what_waits_and_what_runs(
    local: Any, functions: Any, sqs: Any, queue: str
) -> None:
    arn = functions(
        "sleeps", "import threading\ndef handler(event, context):\n    threading.Event().wait()\n"
    )
    name = local.pipeline("closing", callback_step("Ask", queue), lambda_step("Call", arn))
    execution = local.start(name)
    received(local, sqs, queue)
    local.wait_for(lambda: list(local.runtime.directory.glob("jobs/Function/sleeps-*/log")))
    closing = threading.Thread(target=local.runtime.close)
    closing.start()
    closing.join(30)
    assert not closing.is_alive()
    local.open()
    described = local.call("DescribePipelineExecution", PipelineExecutionArn=execution)
    assert described["PipelineExecutionStatus"] == "Stopped"
