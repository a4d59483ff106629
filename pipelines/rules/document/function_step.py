from __future__ import annotations

from pipelines.rules._base import ProblemRule


class FunctionStep(ProblemRule):
    """A Lambda or Callback step has nested inputs, or outputs that are not declared as the service wants them.

    Inputs and outputs are strings, numbers and booleans; the target is a string.

    Wrong:
        {"Type": "Lambda", "FunctionArn": "...", "Arguments": {"config": {"a": 1}}}

    Right:
        {"Type": "Lambda", "FunctionArn": "...", "Arguments": {"a": 1}}
    """

    code = "E1006"
    kinds = ("function",)
