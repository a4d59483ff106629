"""Where the pages of an execution are. Reads data, calls nobody."""

from __future__ import annotations

from urllib.parse import quote

from pipelines.deploy.executions.named import Target


def local_page(url: str, target: Target) -> str:
    """The page in the studio of the runtime that serves at `url`."""
    return f"{url.rstrip('/')}/_studio/pipelines/{quote(target.pipeline)}/executions/{target.id}"


def studio_page(region: str, domain: str, target: Target) -> str:
    """The page in SageMaker Studio, which alone shows executions in AWS; the browser must be signed in."""
    host = f"studio-{domain}.studio.{region}.sagemaker.aws"
    return f"https://{host}/pipelines/view/{quote(target.pipeline)}/executions/{target.id}/graph"


def console_page(region: str) -> str:
    """The page of the AWS console from which Studio is opened."""
    return f"https://{region}.console.aws.amazon.com/sagemaker/home?region={region}#/studio-landing"
