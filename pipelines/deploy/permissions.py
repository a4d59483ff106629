"""What the execution role must be allowed to do for a definition to run: one Permission per action and resource.

From each step's request: the calls that the pipeline makes for it, and what its job does with the role it is given.
Which actions: AWS's pages on SageMaker's execution roles and on access for Pipelines. Pure.

Not derived: steps that run outside SageMaker (EMR, EMRServerless), what a job's own code calls, and the experiment
of an execution (whether the role needs anything for it is not established). Data whose bucket is not known before
the start is left out: nothing narrower than all of S3 could be said about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from params.environment import Environment
from pipelines.definition.document import Definition, StepDefinition
from pipelines.deploy.known import UNKNOWN, KnownValues, members, objects

SERVICE = "sagemaker.amazonaws.com"


@dataclass(frozen=True, order=True)
class Permission:
    """`resource` is an ARN or `*`, with `*` where an execution decides; `context` are condition keys with values."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


class _Job(NamedTuple):
    """How the API calls what a step makes; `log_group` below /aws/sagemaker/, "" when it logs nothing."""

    noun: str
    arn: str
    log_group: str = ""
    stops: bool = True


_PROCESSING = _Job("ProcessingJob", "processing-job/pipelines-*", "ProcessingJobs")
_JOBS = {
    "Processing": _PROCESSING,
    "QualityCheck": _PROCESSING,
    "ClarifyCheck": _PROCESSING,
    "Training": _Job("TrainingJob", "training-job/pipelines-*", "TrainingJobs"),
    "Tuning": _Job(
        "HyperParameterTuningJob", "hyper-parameter-tuning-job/pipelines-*", "TrainingJobs"
    ),
    "Transform": _Job("TransformJob", "transform-job/pipelines-*", "TransformJobs"),
    "AutoML": _Job("AutoMLJob", "automl-job/pipelines-*", "TrainingJobs"),
    "Model": _Job("Model", "model/pipelines-*", stops=False),
    "EndpointConfig": _Job("EndpointConfig", "endpoint-config/*", stops=False),
    "Endpoint": _Job("Endpoint", "endpoint/*", stops=False),
}
_ROLES = ("RoleArn", "ExecutionRoleArn")
IMAGE_MEMBERS = ("ImageUri", "TrainingImage", "Image")
# Maps with keys of the user's own: a hyperparameter may be called Image.
_FREE_MAPS = (
    "HyperParameters",
    "StaticHyperParameters",
    "Environment",
    "CustomerMetadataProperties",
)
# A script-mode container fetches its code itself, with the job's role.
_SCRIPT_SOURCE = "sagemaker_submit_directory"
_PULL = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
_LOG_GROUP = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams")
# Action -> kinds of resources that it is asked for; IAM has none for the others.
_NETWORK: Mapping[str, tuple[str, ...]] = {
    "CreateNetworkInterface": ("network-interface", "security-group", "subnet"),
    "CreateNetworkInterfacePermission": ("network-interface",),
    "DeleteNetworkInterface": ("network-interface",),
    "DeleteNetworkInterfacePermission": (),
    "DescribeDhcpOptions": (),
    "DescribeNetworkInterfaces": (),
    "DescribeSecurityGroups": (),
    "DescribeSubnets": (),
    "DescribeVpcs": (),
}
_S3_URI = re.compile(r"s3://([a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)
# account, region, repository, tag and digest
ECR_IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9\-]+)\.[a-z0-9.\-]+/([^:@]+)([:@].*)?")
_QUEUE = re.compile(r"https?://sqs\.([a-z0-9\-]+)\.[a-z0-9.\-]+/(\d{12})/([^/?#]+)")


def needed(definition: Definition, environment: Environment) -> tuple[Permission, ...]:
    """Everything `environment.role_arn` needs, sorted; a job with a role of its own needs only that it be passed."""
    reader = _Reader(definition, environment)
    steps = (each for step in definition.steps for each in (step, *step.body))
    return tuple(sorted({permission for step in steps for permission in reader.step(step)}))


class _Reader:
    def __init__(self, definition: Definition, environment: Environment) -> None:
        self._known = KnownValues(definition)
        self._role = environment.role_arn
        self._partition = self._role.split(":")[1]
        self._place = f"{environment.region}:{self._role.split(':')[4]}"

    def step(self, step: StepDefinition) -> Iterator[Permission]:
        yield from self._calls(step)
        yield from self._report(step)
        roles = {self._known.text(value) for path, value in _own(step) if path[-1] in _ROLES}
        for role in roles - {UNKNOWN}:
            yield Permission("iam:PassRole", role, (("iam:PassedToService", SERVICE),))
        # A transform job has no role in its request: it works with its model's, here taken to be the pipeline's.
        if not roles or self._role in roles:
            yield from self._job(step)

    def _calls(self, step: StepDefinition) -> Iterator[Permission]:
        """What the pipeline itself calls."""
        if job := _JOBS.get(step.type):
            verbs = ("Create", "Describe", *(("Stop",) if job.stops else ()))
            yield from self._sagemaker([f"{verb}{job.noun}" for verb in verbs], job.arn)
            yield from self._sagemaker(["AddTags"], job.arn)
        if step.type == "Tuning":
            yield from self._sagemaker(
                ["ListTrainingJobsForHyperParameterTuningJob"], _JOBS["Tuning"].arn
            )
        elif step.type == "RegisterModel":
            yield from self._register(step.arguments.get("ModelPackageGroupName"))
        elif step.type == "Lambda":
            yield Permission("lambda:InvokeFunction", self._extra(step, "FunctionArn"))
        elif step.type == "Callback":
            yield Permission("sqs:SendMessage", self._queue(self._extra(step, "SqsQueueUrl")))

    def _register(self, name: object) -> Iterator[Permission]:
        group = self._known.text(name)
        packages, groups = f"model-package/{group}/*", f"model-package-group/{group}"
        yield from self._sagemaker(["CreateModelPackage", "DescribeModelPackage"], packages)
        # The first registration makes the group.
        group_calls = ["CreateModelPackage", "CreateModelPackageGroup", "DescribeModelPackageGroup"]
        yield from self._sagemaker(group_calls, groups)
        for arn in (packages, groups):
            yield from self._sagemaker(["AddTags"], arn)

    def _report(self, step: StepDefinition) -> Iterator[Permission]:
        """The pipeline reads what Std:JsonGet points to: property files where they are declared, other objects."""
        config = step.arguments.get("ProcessingOutputConfig")
        outputs = list(objects(config.get("Outputs"))) if isinstance(config, Mapping) else []
        for file in step.property_files:
            for output in (each for each in outputs if each.get("OutputName") == file.output):
                for target in objects([output.get("S3Output")]):
                    uri = f"{self._known.text(target.get('S3Uri')).rstrip('/')}/{file.path}"
                    yield from self._object("s3:GetObject", uri)
        for _, expression in step.expressions:
            body = expression.get("Std:JsonGet")
            if isinstance(body, Mapping) and "S3Uri" in body:
                yield from self._object("s3:GetObject", self._known.text(body["S3Uri"]))

    def _job(self, step: StepDefinition) -> Iterator[Permission]:
        """What the job (or the model) does with the role."""
        for path, value in _own(step):
            for wanted, permissions in _MEMBERS:
                if wanted(path, step.type):
                    yield from permissions(self, value)
        if (job := _JOBS.get(step.type)) and job.log_group:
            yield from self._logs(f"/aws/sagemaker/{job.log_group}")

    def _logs(self, group: str) -> Iterator[Permission]:
        arn = f"arn:{self._partition}:logs:{self._place}:log-group:{group}"
        for action in _LOG_GROUP:
            yield Permission(f"logs:{action}", f"{arn}:*")
        yield Permission("logs:PutLogEvents", f"{arn}:log-stream:*")
        yield Permission("cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", group),))

    def image(self, value: object) -> Iterator[Permission]:
        if match := ECR_IMAGE.fullmatch(self._known.text(value)):
            account, region, name, _ = match.groups()
            arn = f"arn:{self._partition}:ecr:{region}:{account}:repository/{name}"
            yield Permission("ecr:GetAuthorizationToken", "*")
            for action in _PULL:
                yield Permission(f"ecr:{action}", arn)

    def network(self, value: object) -> Iterator[Permission]:
        for action, kinds in _NETWORK.items() if value else ():
            arns = [f"arn:{self._partition}:ec2:{self._place}:{kind}/*" for kind in kinds]
            for arn in arns or ["*"]:
                yield Permission(f"ec2:{action}", arn)

    def output_key(self, value: object) -> Iterator[Permission]:
        # S3 encrypts with a data key, and completes an upload in parts by decrypting it.
        for action in ("Decrypt", "Encrypt", "GenerateDataKey") if value else ():
            yield Permission(f"kms:{action}", self._key(value))

    def volume_key(self, value: object) -> Iterator[Permission]:
        for action in (
            ("CreateGrant", "Decrypt", "GenerateDataKeyWithoutPlaintext") if value else ()
        ):
            yield Permission(f"kms:{action}", self._key(value))

    def reads(self, value: object) -> Iterator[Permission]:
        """Every key that starts so is read, and first they are listed."""
        uri = self._known.text(value)
        yield from self._object("s3:GetObject", f"{uri}*")
        yield from self._listing(uri)

    def reads_one(self, value: object) -> Iterator[Permission]:
        uri = self._known.text(value).strip('"')  # the SDK writes hyperparameters as JSON
        yield from self._object("s3:GetObject", uri)
        yield from self._listing(uri)

    def writes(self, value: object) -> Iterator[Permission]:
        yield from self._object("s3:PutObject", f"{self._known.text(value).rstrip('/')}/*")

    def keeps(self, value: object) -> Iterator[Permission]:
        """Checkpoints are read back when the job starts again."""
        yield from self.reads(value)
        yield from self.writes(value)

    def _object(self, action: str, uri: str) -> Iterator[Permission]:
        if match := _S3_URI.fullmatch(uri):
            key = re.sub(r"\*{2,}", "*", match[2] or "*")
            yield Permission(action, f"arn:{self._partition}:s3:::{match[1]}/{key}")

    def _listing(self, uri: str) -> Iterator[Permission]:
        if match := _S3_URI.fullmatch(uri):
            context = (("s3:prefix", match[2] or ""),)
            yield Permission("s3:ListBucket", f"arn:{self._partition}:s3:::{match[1]}", context)

    def _key(self, value: object) -> str:
        key = self._known.text(value)
        if key.startswith("arn:") and ":alias/" not in key:
            return key
        # IAM compares keys, not their aliases.
        name = UNKNOWN if "alias/" in key else key
        return f"arn:{self._partition}:kms:{self._place}:key/{name}"

    def _queue(self, url: str) -> str:
        if match := _QUEUE.fullmatch(url):
            return f"arn:{self._partition}:sqs:{':'.join(match.groups())}"
        return f"arn:{self._partition}:sqs:{self._place}:*"

    def _extra(self, step: StepDefinition, key: str) -> str:
        return self._known.text((step.extras or {}).get(key))

    def _sagemaker(self, operations: list[str], arn: str) -> Iterator[Permission]:
        for operation in operations:
            resource = f"arn:{self._partition}:sagemaker:{self._place}:{arn}"
            yield Permission(f"sagemaker:{operation}", resource)


def _own(step: StepDefinition) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The members of the step's request; branches and bodies are steps of their own."""
    if step.type in ("Condition", "ForEach", "Lambda", "Callback", "Fail"):
        return
    for path, value in members(step.arguments):
        free = next((at for at, name in enumerate(path) if name in _FREE_MAPS), len(path) - 1)
        if free == len(path) - 1 or path[free + 1 :] == (_SCRIPT_SOURCE,):
            yield path, value


def _is_output(path: tuple[str, ...]) -> bool:
    return "ProcessingOutputConfig" in path


def _is_data(path: tuple[str, ...], kind: str) -> bool:
    # Metrics and baselines of a registered model are kept as links; nobody reads them then.
    linked = kind == "RegisterModel" and "ModelDataSource" not in path
    return path[-1] == "S3Uri" and "CheckpointConfig" not in path and not linked


_Wanted = Callable[[tuple[str, ...], str], bool]
_Maker = Callable[[_Reader, object], Iterator[Permission]]
# Which members of a request ask for which permissions.
_MEMBERS: tuple[tuple[_Wanted, _Maker], ...] = (
    (lambda path, kind: _is_data(path, kind) and not _is_output(path), _Reader.reads),
    (lambda path, kind: _is_data(path, kind) and _is_output(path), _Reader.writes),
    (lambda path, _: path[-2:] == ("CheckpointConfig", "S3Uri"), _Reader.keeps),
    (lambda path, _: path[-1] == "S3OutputPath", _Reader.writes),
    (lambda path, _: path[-1] in ("ModelDataUrl", _SCRIPT_SOURCE), _Reader.reads_one),
    (lambda path, kind: path[-1] in IMAGE_MEMBERS and kind != "RegisterModel", _Reader.image),
    (lambda path, _: path[-1] == "KmsKeyId", _Reader.output_key),
    (lambda path, _: path[-1] == "VolumeKmsKeyId", _Reader.volume_key),
    (lambda path, _: path[-1] == "VpcConfig", _Reader.network),
)
