"""A served runtime with pipelines that succeeded, failed, and run as long as a test wants."""

from __future__ import annotations

import http.client
import io
import json
import re
import shutil
import tarfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from runtime.serving import serve
from runtime.ui import links

ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
HOSTILE = "</pre><script>alert('log')</script><img src=x onerror=alert(1)>"
SECONDS = 60
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def token(self) -> str:
        """The token of the first form on the page."""
        return re.findall(r'name="token" value="([^"]+)"', self.text)[0]


class Elements(HTMLParser):
    """The tags of a page with their attributes, and its plain text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.plain = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.plain += data


class Studio:
    """A runtime that is served, and requests as a browser sends them."""

    hostile = HOSTILE
    elements = Elements

    def __init__(self, url: str, runtime: Any) -> None:
        self.url = url
        self.runtime = runtime
        runtime.objects.create_bucket("data")

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.runtime.api.call(operation, request)
        return answer

    def request(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=SECONDS)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text)

    def get(self, path: str) -> Answer:
        return self.request("GET", path, Accept="text/html")

    def post(self, path: str, **form: str) -> Answer:
        kind = "application/x-www-form-urlencoded"
        return self.request("POST", path, urlencode(form), Content_Type=kind)

    def create(self, name: str, *steps: dict[str, Any], **document: Any) -> str:
        self.call(
            "CreatePipeline",
            PipelineName=name,
            PipelineDescription=HOSTILE,
            ClientRequestToken=uuid.uuid4().hex,
            RoleArn=ROLE,
            PipelineDefinition=_definition(steps, document),
        )
        return name

    def update(self, name: str, *steps: dict[str, Any], **document: Any) -> None:
        text = _definition(steps, document)
        self.call("UpdatePipeline", PipelineName=name, PipelineDefinition=text)

    def start(self, name: str, **parameters: str) -> str:
        given = [{"Name": key, "Value": value} for key, value in parameters.items()]
        request = {"PipelineName": name, "PipelineParameters": given}
        answer = self.call("StartPipelineExecution", **request, ClientRequestToken=uuid.uuid4().hex)
        return str(answer["PipelineExecutionArn"])

    def run(self, name: str, **parameters: str) -> str:
        """Start an execution and wait for its end."""
        arn = self.start(name, **parameters)
        self.ended(arn)
        return arn

    def ended(self, arn: str) -> str:
        assert self.runtime.runner.wait(arn.rpartition("/")[2], SECONDS)
        described = self.call("DescribePipelineExecution", PipelineExecutionArn=arn)
        return str(described["PipelineExecutionStatus"])

    def script(self, name: str, code: str, *waits: str, **members: Any) -> dict[str, Any]:
        """A processing step that runs a script."""
        path = Path(self.runtime.directory) / f"{uuid.uuid4().hex}.py"
        path.write_text(code)
        key = f"code/{path.name}"
        self.runtime.objects.put("data", key, path)
        folder = "/opt/ml/processing/input/code"
        source = {
            "S3Uri": f"s3://data/{key}",
            "LocalPath": folder,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        }
        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
        return {
            "Name": name,
            "Type": "Processing",
            "DependsOn": list(waits),
            "Arguments": {
                "AppSpecification": {
                    "ImageUri": SKLEARN,
                    "ContainerEntrypoint": ["python3", f"{folder}/{path.name}"],
                },
                "ProcessingResources": {"ClusterConfig": cluster},
                "ProcessingInputs": [{"InputName": "code", "S3Input": source}],
                "RoleArn": ROLE,
            },
            **members,
        }

    @staticmethod
    def model(name: str, *waits: str) -> dict[str, Any]:
        """A step that takes no time."""
        arguments = {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": SKLEARN}}
        return {"Name": name, "Type": "Model", "DependsOn": list(waits), "Arguments": arguments}


def _definition(steps: tuple[dict[str, Any], ...], document: dict[str, Any]) -> str:
    return json.dumps({"Version": "2020-12-01", "Steps": list(steps), **document})


@pytest.fixture(scope="session")
def wait_for() -> Callable[[Callable[[], object]], None]:
    """Return as soon as the condition holds."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            threading.Event().wait(0.02)

    return wait


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with serve(tmp_path_factory.mktemp("studio")) as server:
        yield Studio(server.url, server.runtime)


@pytest.fixture(scope="module")
def failed(studio: Studio) -> str:
    """The ARN of an execution whose script failed: nothing after it ran."""
    code = f"print({HOSTILE!r})\nraise KeyError('no column price')\n"
    parameters = [
        {"Name": "Rows", "Type": "Integer", "DefaultValue": 5},
        {"Name": "Fast", "Type": "Boolean", "DefaultValue": True},
        {"Name": "Rate", "Type": "Float"},
        {"Name": "Mode", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
    ]
    load = studio.script("Load", code)
    studio.create(
        "nightly",
        studio.model("First"),
        {**load, "DependsOn": ["First"]},
        studio.model("Report", "Load"),
        Parameters=parameters,
    )
    arn = studio.run("nightly", Rate="0.5")
    assert studio.ended(arn) == "Failed"
    return arn


@pytest.fixture
def running(studio: Studio, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An execution whose script runs until the file is there."""
    gate = tmp_path / "gate"
    code = (
        "import pathlib, sys, time\n"
        "print('begun', flush=True)\n"
        f"while not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.02)\n"
        "print('released', flush=True)\n"
    )
    name = f"slow-{uuid.uuid4().hex[:8]}"
    studio.create(name, studio.script("Crawl", code), studio.model("After", "Crawl"))
    arn = studio.start(name)
    yield arn, gate
    gate.touch()
    studio.ended(arn)


@pytest.fixture
def page_of() -> Callable[..., str]:
    """The address of an execution's page."""
    return links.execution


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(_BROWSERS)} is installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any, studio: Any) -> Iterator[Callable[..., Any]]:
    """Opens pages in a new window; the test fails when one of them logs an error or asks another site."""
    problems: list[str] = []
    contexts = []

    def open_page(path: str, width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * SECONDS)
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.on(
            "request",
            lambda r: None if r.url.startswith(studio.url) else problems.append(r.url),
        )
        page.goto(studio.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


TRIAL = f"""
import json, os
given = json.loads(os.environ["SM_HPS"])
print({HOSTILE!r})
if given["rate"] > 0.9:
    raise ValueError("rate is too high")
print(f"loss={{abs(given['rate'] - 0.3) + given['depth'] / 1000}};")
"""
MOOD = "<b>mood</b>"


def tuning_request(studio: Studio, code: str, trials: int = 6) -> dict[str, Any]:
    """A tuning job of a script, over a number, an integer and a choice, whose name and values are hostile."""
    archive = Path(studio.runtime.directory) / f"{uuid.uuid4().hex}.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        member = tarfile.TarInfo("train.py")
        member.size = len(code.encode())
        packed.addfile(member, io.BytesIO(code.encode()))
    studio.runtime.objects.put("data", f"source/{archive.name}", archive)
    source = f"s3://data/source/{archive.name}"
    loss = {"Name": "loss", "Regex": "loss=(.*?);"}
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "RandomSeed": 1,
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": trials, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0", "MaxValue": "1"}],
                "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "9"}],
                "CategoricalParameterRanges": [{"Name": MOOD, "Values": ["<i>good</i>", "bad"]}],
            },
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {
                "sagemaker_program": '"train.py"',
                "sagemaker_submit_directory": json.dumps(source),
            },
            "AlgorithmSpecification": {
                "TrainingImage": SKLEARN,
                "TrainingInputMode": "File",
                "MetricDefinitions": [loss],
            },
            "RoleArn": ROLE,
            "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        },
    }


@pytest.fixture(scope="module")
def tuned(studio: Studio, wait_for: Callable[..., None]) -> str:
    """The name of a tuning job that has ended; some of its trials failed."""
    request = tuning_request(studio, TRIAL, 12)
    studio.call("CreateHyperParameterTuningJob", HyperParameterTuningJobName="search", **request)
    wait_for(lambda: _status(studio, "search") in ("Completed", "Failed"))
    return "search"


@pytest.fixture
def searching(
    studio: Studio, tmp_path: Path, wait_for: Callable[..., None]
) -> Iterator[tuple[str, Path]]:
    """A tuning job whose trials end when the file is there."""
    gate = tmp_path / "gate"
    code = (
        "import pathlib, time\n"
        f"while not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.02)\n{TRIAL}"
    )
    name = f"slow-{uuid.uuid4().hex[:8]}"
    request = tuning_request(studio, code, 4)
    studio.call("CreateHyperParameterTuningJob", HyperParameterTuningJobName=name, **request)
    yield name, gate
    gate.touch()
    wait_for(lambda: _status(studio, name) in ("Completed", "Failed"))


def _status(studio: Studio, name: str) -> str:
    described = studio.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName=name)
    return str(described["HyperParameterTuningJobStatus"])
