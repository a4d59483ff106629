"""What all tests over real processes share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import boto3
import pytest

ROOT = Path(__file__).parents[2]
TEAM_BUCKET = "the-team-s-bucket"


@pytest.fixture(scope="session")
def own_opt_ml() -> None:
    """For tests whose scripts write /opt/ml into their own source."""
    probe = "import sys; from runtime.jobs.namespace import available; sys.exit(not available())"
    if subprocess.run([sys.executable, "-c", probe]).returncode:
        pytest.skip("this system gives a process no mounts of its own, so no private /opt/ml")


@pytest.fixture(scope="session")
def served_account() -> Callable[[Path], AbstractContextManager[dict[str, str]]]:
    """Serve a directory in AWS's place, with a bucket: the variables that the environment `dev` takes."""

    @contextmanager
    def served(directory: Path) -> Iterator[dict[str, str]]:
        command = [sys.executable, "-m", "runtime", "--port", "0", "--data", str(directory)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                words = process.stdout.readline().split()
                url = next(word for word in words if word[:7] == "http://").rstrip(",.")
                session = boto3.Session("any", "any", region_name="us-east-1")
                session.client("s3", endpoint_url=url).create_bucket(Bucket=TEAM_BUCKET)
                yield {
                    "AWS_ENDPOINT_URL": url,
                    "AWS_ACCESS_KEY_ID": "any",
                    "AWS_SECRET_ACCESS_KEY": "any",
                    "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws:iam::123456789012:role/Pipelines",
                    "ARTIFACT_BUCKET": TEAM_BUCKET,
                }
            finally:
                process.terminate()
                process.communicate(timeout=60)

    return served
