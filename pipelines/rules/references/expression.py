from __future__ import annotations

from pipelines.rules._base import ProblemRule


class MalformedExpression(ProblemRule):
    """A Get, Std:Join or Std:JsonGet is malformed, or names an execution variable that there is not.

    The service takes an object with one of these keys for an expression, and refuses the definition when it cannot
    read it. The Path of a Std:JsonGet is a plain text: no parameter or Std:Join may stand there.

    Wrong:
        {"Get": "Execution.ExecutionId"}

    Right:
        {"Get": "Execution.PipelineExecutionId"}
    """

    code = "E3001"
    kinds = ("expression",)
