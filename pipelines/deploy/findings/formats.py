"""The formats of findings, by name: results in, the text to print out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipelines.deploy.errors import UsageError
from pipelines.deploy.findings.checked import Checked
from pipelines.deploy.findings.document import document
from pipelines.deploy.findings.github import workflow_commands
from pipelines.deploy.findings.junit import junit
from pipelines.deploy.findings.sarif import sarif

TEXT = "text"
FORMATS: Mapping[str, Callable[[Sequence[Checked]], str]] = {
    "json": lambda results: json.dumps(document(results), indent=2),
    "junit": junit,
    "sarif": lambda results: json.dumps(sarif(results), indent=2),
    "github": lambda results: "\n".join(workflow_commands(results)),
}


def write(results: Sequence[Checked], targets: Sequence[str]) -> None:
    """Write reports, each target a FORMAT=FILE. Raises UsageError."""
    for target in targets:
        name, _, path = target.partition("=")
        if name not in FORMATS or not path:
            raise UsageError(
                f"--report {target}: must be FORMAT=FILE with FORMAT one of {', '.join(FORMATS)}"
            )
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(FORMATS[name](results) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--report {target}: cannot write: {error.strerror}") from error
