from __future__ import annotations

from pipelines.rules._base import ProblemRule


class MalformedExpression(ProblemRule):
    """A Get, Std:Join or Std:JsonGet is malformed, or names an execution variable that there is not.

    Wrong:
        {"Get": "Execution.ExecutionId"}

    Right:
        {"Get": "Execution.PipelineExecutionId"}
    """

    code = "E3001"
    kinds = ("expression",)
