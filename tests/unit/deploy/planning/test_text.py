from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params.environment import load
from pipelines.deploy import planner
from pipelines.deploy.models import Synthesis
from pipelines.deploy.plan import Deployed
from pipelines.deploy.planning.cache_preview import PastRun, PastStep
from pipelines.deploy.planning.documents import review_document
from pipelines.deploy.planning.evidence import Evidence
from pipelines.deploy.planning.markdown import review_markdown
from pipelines.deploy.planning.prices import Prices
from pipelines.deploy.planning.review import Circumstances, review, subject_of
from pipelines.deploy.planning.text import review_lines
from pipelines.deploy.provenance import Record

LOCAL = load("local")
PRICES = Prices("us-east-1", "2025", "second-hand: a test", {"ml.a": 1.0, "ml.b": 3.0})
OLD, NEW = f"s3://b/{'1' * 64}/run.py", f"s3://b/{'2' * 64}/run.py"


def step(name, *, kind="ml.a", script=OLD, **more):
    return {
        "Name": name,
        "Type": "Processing",
        "CacheConfig": {"Enabled": True},
        "Arguments": {
            "ProcessingInputs": [{"InputName": "code", "S3Input": {"S3Uri": script}}],
            "ProcessingResources": {"ClusterConfig": {"InstanceType": kind, "InstanceCount": 1}},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
        **more,
    }


def composed(*steps, parameters=()):
    document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}
    return planner.checked(Synthesis("tiny", "Tiny.", json.dumps(document), ()))


def reviewed(before, after, *, tags=None, running=(), scripts=None, project="mine"):
    text = before.synthesis.definition
    recorded = Record(project).tags(text) if tags is None else tags
    deployed = Deployed("arn", text, "Tiny.", LOCAL.role_arn, recorded)
    planned = planner.plan_against(LOCAL, after, deployed)
    done = {each.name: PastStep("arn:run", 1.0) for each in before.definition.steps}
    run = PastRun("arn:run", before.definition, {}, done)
    evidence = Evidence((run,), tuple(running), scripts or {})
    subject = subject_of(planned.plan, after.definition, deployed)
    return review(subject, evidence, Circumstances("mine", PRICES, 2.0))


def text_of(found, **options):
    return "\n".join(line.plain for line in review_lines(found, **options))


BOTH = reviewed(
    composed(step("A"), step("B")),
    composed(step("B", DependsOn=["A"]), step("A", kind="ml.b", script=NEW)),
    scripts={OLD: b"a\nb\n", NEW: b"a\nc\n"},
)


def test_a_usual_change_fits_a_screen_and_eighty_columns():
    assert text_of(BOTH).splitlines() == [
        "tiny  update",
        "  ~ update pipeline tiny  3 changes",
        "      + Steps.B.DependsOn.A",
        "      ~ Steps.A.ProcessingInputs.code  run.py  111111111111… → 222222222222…",
        "      ~ Steps.A.ProcessingResources.ClusterConfig.InstanceType  ml.a → ml.b",
        "  run.py  +1 -1",
        "      @@ -1,2 +1,2 @@",
        "       a",
        "      -b",
        "      +c",
        "  Cache      A runs again: script run.py",
        "             B is served",
        "  Cost       at most $4.00 an execution, +$2.00",
        "             prices of us-east-1 as of 2025, second-hand; without retries",
    ]
    assert max(map(len, text_of(BOTH).splitlines())) <= 80


def test_nothing_to_do_is_short():
    same = composed(step("A"))
    assert text_of(reviewed(same, same)).splitlines()[0] == "tiny  up to date"


def test_an_edge_that_a_reference_makes_is_named():
    value = {"Get": "Steps.A.ProcessingJobName"}
    after = step("B")
    after["Arguments"]["Environment"] = {"JOB": value}
    found = reviewed(composed(step("A"), step("B")), composed(step("A"), after))
    assert "      + edge A → B" in text_of(found).splitlines()
    assert [(each.sign, each.path) for each in found.edges] == [("+", "A → B")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"project": "theirs"}, "is of project 'theirs': upsert refuses without --take-over"),
        ({"tags": {}}, "nothing says whose the deployed pipeline is"),
        (
            {"tags": {**Record("mine").tags("{}"), "pipelines:commit": "0123456789ab"}},
            "was changed since it was last applied from here (commit 0123456789ab)",
        ),
        ({"running": ["arn:x/abc"]}, "1 execution (abc), each keeps the version it started with"),
    ],
)
def test_what_else_should_be_known_is_said(options, said):
    same = composed(step("A"))
    assert said in " ".join(text_of(reviewed(same, same, **options)).split())


def test_long_scripts_and_many_changes_are_cut_unless_all_is_asked_for():
    before = composed(
        step("A"), parameters=[{"Name": f"P{n}", "DefaultValue": "a"} for n in range(30)]
    )
    after = composed(
        step("A", script=NEW),
        parameters=[{"Name": f"P{n}", "DefaultValue": "b"} for n in range(30)],
    )
    scripts = {OLD: b"\n" * 50, NEW: b"x\n" * 50}
    found = reviewed(before, after, scripts=scripts)
    short, full = text_of(found), text_of(found, full=True)
    assert "and 11 more changes" in short
    assert "more lines: --full shows all" in short
    assert "more" not in full
    assert full.count("      +x") == 50


def test_a_script_that_is_not_text_is_not_compared():
    before, after = composed(step("A")), composed(step("A", script=NEW))
    for contents in ({OLD: b"\0", NEW: b"a"}, {OLD: b"\xff", NEW: b"a"}, {NEW: b"a"}):
        found = reviewed(before, after, scripts=contents)
        assert "run.py  other content, not compared" in text_of(found)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["Name", "Get", "Type", "Std:Join", "x"]), inner),
    max_leaves=10,
)
REAL = Path(__file__).parents[3] / "cases" / "definitions" / "house-price.json"


@settings(max_examples=200)
@given(st.data(), JSON)
def test_whatever_is_deployed_can_be_planned_over(data, value):
    document = json.loads(REAL.read_text())
    place = document
    while True:
        members = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(members))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 3)) == 0:
            break
        place = inner
    place[key] = value
    wanted = planner.checked(Synthesis("tiny", "", REAL.read_text(), ()))
    deployed = Deployed("arn", json.dumps(document), "", LOCAL.role_arn, {})
    planned = planner.plan_against(LOCAL, wanted, deployed)
    subject = subject_of(planned.plan, wanted.definition, deployed)
    runs = ()
    if subject.before is not None:
        done = {each.name: PastStep("arn:run", 1.0) for each in subject.before.steps}
        runs = (PastRun("arn:run", subject.before, {}, done),)
    found = review(subject, Evidence(runs), Circumstances("mine", PRICES, 2.0))
    assert text_of(found, full=True)
    assert review_markdown(found)
    json.dumps(review_document(found))


def test_the_document_is_plain_data():
    document = json.loads(json.dumps(review_document(BOTH)))
    assert document["cost"]["usd_at_most"] == 4.0
    assert document["cost_deployed"]["usd_at_most"] == 2.0
    assert document["cache"][0] == {
        "step": "A",
        "outcome": "runs",
        "reason": "script run.py",
        "source": None,
    }
    assert document["cache_lost"] == ["A"]
    assert [each["kind"] for each in document["changes"]] == ["edge", "asset", "step"]


def test_the_graph_shows_what_is_new_changed_and_gone():
    found = reviewed(
        composed(step("A"), step("Old")), composed(step("A", kind="ml.b"), step("New"))
    )
    lines = review_markdown(found).splitlines()
    assert '  s2["Old"]' in lines
    assert "  class s1 new" in lines
    assert "  class s0 changed" in lines
    assert "  class s2 gone" in lines


def test_a_graph_of_very_many_steps_is_not_drawn():
    many = composed(*(step(f"S{n}") for n in range(61)))
    assert "61 steps: too many to draw." in review_markdown(reviewed(many, many))


def test_a_fence_in_a_script_does_not_end_the_difference():
    before, after = composed(step("A")), composed(step("A", script=NEW))
    found = reviewed(before, after, scripts={OLD: b"a\n", NEW: b"```\n</details>\n"})
    assert "````diff" in review_markdown(found).splitlines()
