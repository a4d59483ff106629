from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_NOT_RELATIVE = re.compile(r"/|\.\.?/|[a-z0-9]+://|.*/\.\.?/|.*/$", re.IGNORECASE)


class PropertyFilePath(Rule):
    """The FilePath of a property file is not relative to its output.

    The file is looked up at the output's S3Uri followed by FilePath. A path in the container, a URI or a dot segment
    leads to no object, and the step that reads the file fails.

    Wrong:
        {"PropertyFileName": "Report", "OutputName": "evaluation", "FilePath": "/opt/ml/processing/evaluation/report.json"}

    Right:
        {"PropertyFileName": "Report", "OutputName": "evaluation", "FilePath": "report.json"}
    """

    code = "E3018"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            for index, file in enumerate(step.property_files):
                if _NOT_RELATIVE.match(file.path):
                    yield Match(
                        f"{step.pointer}/PropertyFiles/{index}/FilePath",
                        f"'{file.path}' must be the path of a file below the S3Uri of output '{file.output}', such "
                        "as 'report.json': neither a path in the container nor a URI",
                    )
