"""No rule of these sections raises, whatever stands in whatever place of a definition."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.document import read
from pipelines.rules._engine import all_rules
from pipelines.rules._subject import Subject

CASES = Path(__file__).parents[2] / "cases"
BASE = json.loads((CASES / "definition-changes" / "base.json").read_text())
SECTIONS = ("document", "references", "graph", "conditions", "caching", "retries")
RULES = [rule for rule in all_rules() if type(rule).__module__.split(".")[-2] in SECTIONS]

words = st.sampled_from(
    [
        *("Get", "Std:Join", "Std:JsonGet", "Values", "On", "S3Uri", "PropertyFile", "Path"),
        *("Name", "Type", "Arguments", "Steps", "Conditions", "IfSteps", "DependsOn", "Trigger"),
        *("Enabled", "ExpireAfter", "ExceptionType", "MaxAttempts", "Training", "Condition"),
    ]
)
texts = st.sampled_from(
    [
        *("", "s3://", "s3:/", "P30D", "Not", "Or", "In", "Train", "Prepare", "Failed", "0.5"),
        *("Parameters.Count", "Execution.PipelineExecutionId", "Steps.Prepare", "Steps.Check.Outcome"),
        "Steps.Prepare.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri",
        "Steps.Prepare.ProcessingOutputConfig.Outputs[0]",
        "Steps.Tune.TrainingJobSummaries[3].TrainingJobName",
        "Steps.Train.FinalMetricDataList['a'].Value",
        "PipelineExperimentConfig.TrialName",
    ]
)  # fmt: skip
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | words | texts,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(words | st.text(max_size=4), inner, max_size=4)
    | st.builds(lambda text: {"Get": text}, texts)
    | st.builds(lambda value: {"Std:Join": {"On": "/", "Values": [value]}}, inner),
    max_leaves=12,
)


@given(st.data())
def test_no_rule_raises_over_a_changed_definition(data: st.DataObject) -> None:
    document = copy.deepcopy(BASE)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(spots(document)))
        container[key] = data.draw(values)
    run(document)


@given(st.dictionaries(words | st.sampled_from(["Parameters", "Metadata", "Version"]), values))
def test_no_rule_raises_over_any_object(document: dict[str, Any]) -> None:
    run(document)


def run(document: dict[str, Any]) -> None:
    definition, problems = read(document)
    subject = Subject(definition, json.dumps(document), problems)
    for rule in RULES:
        for match in rule.check(subject):
            assert match.message


def spots(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document, as its container and the key in it."""
    found: list[tuple[Any, Any]] = []
    todo = [value]
    while todo:
        current = todo.pop()
        for key in list(current) if isinstance(current, dict) else range(len(current)):
            found.append((current, key))
            if isinstance(current[key], dict | list):
                todo.append(current[key])
    return found
