"""What the examples share: their options, where they work, and one sentence for whatever goes wrong.

Whether AWS or the local runtime answers is the environment's business (AWS_ENDPOINT_URL, credentials). It is looked at
once, since AWS needs a bucket and a role of one's own.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

# An example imports this before anything else: a newcomer may not have entered the environment yet.
for _package in ("boto3", "numpy", "rich", "sagemaker"):
    if find_spec(_package) is None:
        sys.exit(
            f"error: this Python ({sys.executable}) does not have the package '{_package}'; "
            "run `make install` and use .venv/bin/python"
        )

import boto3

from examples.rows import upload, write_rows
from params.environment import Environment, refusal
from pipelines.deploy import commands
from pipelines.deploy.aws import Aws, connect
from pipelines.deploy.aws_errors import CALL_ERRORS, explained
from pipelines.deploy.errors import DeployError, UsageError
from pipelines.deploy.offline import offline
from pipelines.deploy.text import shortened
from steps.scripts.prepare import Unusable

# The SDK's first import reads AWS profiles, and a wrong one would end it with a traceback.
with offline("us-east-1"):
    import sagemaker.core.image_uris  # noqa: F401

    from steps.algorithms.jobs import JobFailed
    from steps.algorithms.values import InvalidEstimator


@dataclass(frozen=True)
class Workspace:
    """Where jobs run, as whom, and the S3 prefixes that they read and write."""

    region: str
    role_arn: str
    train: str
    validation: str
    output: str


def run(example: Callable[[Workspace], None], description: str) -> int:
    """Bring the data to S3 and run the example. Returns the exit code: 0 done, 1 failed, 2 usage."""
    return commands.run(lambda options: _run(example, options), _options(description))


def _options(description: str) -> argparse.Namespace:
    parser = commands.Parser(
        prog=f"python {_program()}", description=description.partition("\n")[0]
    )
    parser.add_argument("--bucket", help="bucket for data and models (default: $ARTIFACT_BUCKET)")
    parser.add_argument(
        "--role",
        metavar="ARN",
        help="role as which jobs run (default: $SAGEMAKER_PIPELINE_ROLE_ARN)",
    )
    parser.add_argument("--region", help="default: the environment's or the profile's")
    parser.add_argument("--data", type=Path, metavar="FILE", help="your own CSV, with a header")
    parser.add_argument(
        "--label-column", default="price", metavar="NAME", help="the column to predict"
    )
    commands.add_debug(parser)
    return parser.parse_args()


def _run(example: Callable[[Workspace], None], options: argparse.Namespace) -> int:
    try:
        environment = _environment(options)
        aws = connect(environment.region)
        _check_bucket(aws, environment)
        with tempfile.TemporaryDirectory(prefix="example-") as folder:
            rows = write_rows(Path(folder), options.data, options.label_column)
            train, validation = upload(aws, environment, rows)
        output = f"s3://{environment.bucket}/{environment.prefix}/examples/models"
        example(Workspace(environment.region, environment.role_arn, train, validation, output))
    except (InvalidEstimator, JobFailed, Unusable) as error:
        raise DeployError(shortened(error, 2000)) from error
    except CALL_ERRORS as error:
        raise explained(error, getattr(error, "operation_name", "calling SageMaker")) from error
    return 0


def _environment(options: argparse.Namespace) -> Environment:
    """The environment `local`, with what is given instead of its own region, role and bucket."""
    local, variables = commands.environment_named("local"), os.environ
    region = options.region or variables.get("AWS_REGION") or boto3.Session().region_name
    role_arn = options.role or variables.get("SAGEMAKER_PIPELINE_ROLE_ARN")
    bucket = options.bucket or variables.get("ARTIFACT_BUCKET")
    chosen = replace(
        local,
        region=region or local.region,
        role_arn=role_arn or local.role_arn,
        bucket=bucket or local.bucket,
    )
    for option, name in (("region", "region"), ("role", "role_arn"), ("bucket", "bucket")):
        if problem := refusal(name, getattr(chosen, name)):
            raise UsageError(f"--{option} {problem}")
    return chosen


def _check_bucket(aws: Aws, environment: Environment) -> None:
    """Refuse AWS without names of one's own; the local bucket is made, any other must be there."""
    local = commands.environment_named("local")
    own = local.bucket != environment.bucket and local.role_arn != environment.role_arn
    if ".amazonaws.com" in aws.endpoint and not own:
        raise UsageError(
            "AWS needs a bucket and a role of yours: give --bucket NAME and --role ARN; or run on "
            f"this machine, without an account: python -m runtime exec -- python {_program()}"
        )
    if aws.bucket_exists(environment.bucket):
        return
    if environment.bucket != local.bucket:
        raise UsageError(
            f"bucket {environment.bucket} (--bucket, ARTIFACT_BUCKET): there is no such bucket; "
            f"create it: aws s3 mb s3://{environment.bucket} --region {environment.region}"
        )
    aws.create_bucket(environment.bucket, environment.region)


def _program() -> str:
    return os.path.relpath(sys.argv[0])
