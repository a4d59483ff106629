from __future__ import annotations

from pipelines.rules._base import ProblemRule


class PropertyFile(ProblemRule):
    """A property file that is read is not declared, or is declared on an output that the step does not have.

    Property files are declared by the Processing step that writes them, in PropertyFiles, by the name of an output.

    Wrong:
        {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Reprot"}, "Path": "rmse"}}

    Right:
        {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"}, "Path": "rmse"}}
    """

    code = "E3004"
    kinds = ("property-file",)
