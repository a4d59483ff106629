"""The output parameters of Lambda and Callback steps: declared with a type, given as values or texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipelines.definition.document import StepDefinition
from runtime.expressions import text

Output = str | int | float | bool
_MOST = 50
_LONGEST = 1024


def declared_outputs(step: StepDefinition) -> dict[str, str]:
    """Name -> String, Integer, Float or Boolean."""
    outputs = (step.extras or {}).get("OutputParameters") or ()
    return {output["OutputName"]: output.get("OutputType", "String") for output in outputs}


def typed_outputs(declared: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Output]:
    """The declared outputs that were given, each as its type. Raises ValueError with everything that is wrong."""
    problems, outputs = [], {}
    for name, kind in declared.items():
        if name not in given:
            continue
        try:
            outputs[name] = _typed(kind, given[name])
        except ValueError:
            problems.append(f"'{name}' must be of type {kind} but is {text(given[name])[:80]!r}")
        if len(text(given[name])) > _LONGEST:
            problems.append(f"'{name}' is longer than {_LONGEST} characters")
    if len(given) > _MOST:
        problems.append(f"there are {len(given)} outputs; at most {_MOST} are allowed")
    if problems:
        raise ValueError(f"Output parameters: {'; '.join(problems)}.")
    return outputs


def listed_outputs(outputs: Mapping[str, Output]) -> list[dict[str, str]]:
    """Outputs as the step's metadata shows them."""
    return [{"Name": name, "Value": text(value)} for name, value in outputs.items()]


def _typed(kind: str, value: Any) -> Output:
    if kind == "String":
        # Nested results are kept as one text.
        return value if isinstance(value, str) else text(value)
    if isinstance(value, str):
        value = json.loads(value.strip().lower() if kind == "Boolean" else value)
    fits = {
        "Boolean": isinstance(value, bool),
        "Integer": isinstance(value, int) and not isinstance(value, bool),
        "Float": isinstance(value, int | float) and not isinstance(value, bool),
    }
    if not fits[kind]:
        raise ValueError(kind)
    typed: Output = float(value) if kind == "Float" else value
    return typed
