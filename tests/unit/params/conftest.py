from __future__ import annotations

from pipelines.deploy.offline import offline

with offline("us-east-1"):  # the SDK cannot be imported without a region
    import sagemaker.mlops.workflow.pipeline  # noqa: F401
