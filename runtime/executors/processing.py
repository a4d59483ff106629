"""Processing: the properties are DescribeProcessingJob's answer."""

from __future__ import annotations

from runtime.executors._jobs import JobExecutor


class ProcessingExecutor(JobExecutor):
    step_type = "Processing"
    kind = "ProcessingJob"
    metadata_key = "ProcessingJob"
