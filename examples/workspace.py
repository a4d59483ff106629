"""What the examples share: their options, the data in S3, and one sentence for whatever goes wrong.

Nothing here knows whether AWS or the local runtime answers: boto3 takes that from the environment.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

# The first thing that an example imports: a newcomer may not have entered the environment yet.
for _package in ("numpy", "boto3", "sagemaker"):
    if find_spec(_package) is None:
        sys.exit(
            f"error: this Python ({sys.executable}) does not have the package '{_package}'; "
            "run `make install` and use .venv/bin/python"
        )

import boto3

from params.environment import Environment
from pipelines.deploy import commands
from pipelines.deploy.aws import Aws, connect
from pipelines.deploy.aws_errors import CALL_ERRORS, explained
from pipelines.deploy.errors import DeployError, UsageError
from pipelines.deploy.sample_data import write_sample
from pipelines.deploy.text import shortened
from steps.algorithms.jobs import JobFailed
from steps.algorithms.values import InvalidEstimator
from steps.scripts.prepare import Unusable, prepare

_CHANNELS = ("train", "validation")


@dataclass(frozen=True)
class Workspace:
    """Where jobs run, as whom, and what they read and write: S3 URIs of prefixes."""

    region: str
    role_arn: str
    train: str
    validation: str
    output: str


def run(example: Callable[[Workspace], None], description: str) -> int:
    """Read the options, bring the data to S3, run the example. Returns the exit code: 0, 1 failed, 2 usage."""
    return commands.run(lambda options: _run(example, options), _options(description))


def _options(description: str) -> argparse.Namespace:
    path = os.path.relpath(sys.argv[0])
    parser = commands.Parser(prog=f"python {path}", description=description.partition("\n")[0])
    parser.add_argument("--bucket", help="bucket for data and models (default: $ARTIFACT_BUCKET)")
    parser.add_argument(
        "--role",
        metavar="ARN",
        help="role that SageMaker runs jobs as (default: $SAGEMAKER_PIPELINE_ROLE_ARN)",
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
        _check_bucket(aws, environment, options)
        with tempfile.TemporaryDirectory(prefix="example-") as folder:
            data = _upload(aws, environment, _prepared(Path(folder), options))
        base = f"s3://{environment.bucket}/{environment.prefix}/examples"
        train, validation = (f"{data}/{channel}/" for channel in _CHANNELS)
        output = f"{base}/models"
        example(Workspace(environment.region, environment.role_arn, train, validation, output))
    except (InvalidEstimator, JobFailed, Unusable) as error:
        raise DeployError(shortened(error, 2000)) from error
    except CALL_ERRORS as error:
        raise explained(error, getattr(error, "operation_name", "calling SageMaker")) from error
    return 0


def _environment(options: argparse.Namespace) -> Environment:
    """The environment `local`, with what was given instead of its own region, role and bucket."""
    local = commands.environment("local")
    named = options.region or os.environ.get("AWS_REGION") or boto3.Session().region_name
    return replace(
        local,
        region=named or local.region,
        role_arn=options.role or os.environ.get("SAGEMAKER_PIPELINE_ROLE_ARN") or local.role_arn,
        bucket=options.bucket or os.environ.get("ARTIFACT_BUCKET") or local.bucket,
    )


def _check_bucket(aws: Aws, environment: Environment, options: argparse.Namespace) -> None:
    """Stop where the defaults mean nothing; the default bucket is made, another must be there."""
    local = commands.environment("local")
    own = environment.bucket != local.bucket and environment.role_arn != local.role_arn
    if ".amazonaws.com" in aws.endpoint and not own:
        raise UsageError(
            "AWS needs a bucket and a role of yours: give --bucket NAME and --role ARN; without an account, "
            f"run it on this machine: python -m runtime exec -- python {os.path.relpath(sys.argv[0])}"
        )
    if aws.bucket_exists(environment.bucket):
        return
    if environment.bucket != local.bucket:
        raise UsageError(
            f"--bucket {environment.bucket}: there is no such bucket; "
            f"create it: aws s3 mb s3://{environment.bucket} --region {environment.region}"
        )
    aws.create_bucket(environment.bucket, environment.region)


def _prepared(folder: Path, options: argparse.Namespace) -> Path:
    """Turn the CSV into what built-in algorithms read: numbers only, the label first, no header."""
    source, rows = folder / "source", folder / "rows"
    source.mkdir()
    if options.data is None:
        write_sample(source / "houses.csv")
    else:
        try:
            shutil.copyfile(options.data, source / "data.csv")
        except OSError as error:
            raise UsageError(
                f"--data {options.data}: cannot be read: {error.strerror}; give a CSV file"
            ) from error
    asked = argparse.Namespace(
        input=source, output=rows, label_column=options.label_column, drop_columns="none", seed=0
    )
    manifest = prepare(asked)
    counts = ", ".join(f"{manifest['rows'][channel]:,} {channel}" for channel in _CHANNELS)
    first = (rows / "train" / "train.csv").read_text().partition("\n")[0]
    print(
        f"Rows      {counts}; {options.label_column} comes first, then {len(manifest['features'])} features"
    )
    print(f"          {shortened(first, 80)}")
    return rows


def _upload(aws: Aws, environment: Environment, rows: Path) -> str:
    """Put each channel under a prefix of its own; the same rows always have the same URI."""
    files = {channel: rows / channel / f"{channel}.csv" for channel in _CHANNELS}
    content = b"".join(path.read_bytes() for path in files.values())
    prefix = f"{environment.prefix}/examples/data/{hashlib.sha256(content).hexdigest()[:12]}"
    for channel, path in files.items():
        aws.upload(path, environment.bucket, f"{prefix}/{channel}/{path.name}")
    uri = f"s3://{environment.bucket}/{prefix}"
    for channel in files:
        print(f"{'Data' if channel == 'train' else '':<10}{uri}/{channel}/")
    return uri
