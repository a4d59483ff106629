"""Several pipelines at a time: in the order of their names, and one failure leaves the others alone."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from pipelines import upsert
from pipelines.deploy import deployer, sources, synth
from pipelines.deploy.errors import DeployError

NAMES = tuple(f"p{number:02}" for number in range(12))


@pytest.fixture
def many(sagemaker, monkeypatch):
    """Twelve compositions; `sagemaker.refused` maps a pipeline to the code that its creation is refused with."""
    for module in (synth, deployer):
        monkeypatch.setattr(module, "composition_names", lambda: NAMES)
    sagemaker.refused = {}
    create = sagemaker._create_pipeline

    def create_or_refuse(request):
        if error := sagemaker.refused.get(request["PipelineName"]):
            raise ClientError({"Error": {"Code": error, "Message": "no"}}, "CreatePipeline")
        return create(request)

    monkeypatch.setattr(sagemaker, "_create_pipeline", create_or_refuse, raising=False)
    return sagemaker


def test_all_are_deployed_and_shown_in_the_order_of_their_names(many, capsys):
    assert upsert.main([]) == 0
    assert sorted(many.pipelines) == list(NAMES)
    out = capsys.readouterr().out
    shown = [line.split()[0] for line in out.splitlines() if line.startswith("p")]
    assert shown == list(NAMES)
    assert out.count("+ publish prepare.py") == 1  # they share it
    assert out.endswith("12 pipelines: 12 created\n")
    assert upsert.main([]) == 0
    assert capsys.readouterr().out.endswith("12 pipelines: 12 up to date\n")


def test_failures_leave_the_others_alone_and_are_all_shown(many, capsys):
    many.refused = {"p03": "ResourceLimitExceeded", "p07": "AccessDeniedException"}
    assert upsert.main([]) == 1
    assert sorted(many.pipelines) == [name for name in NAMES if name not in many.refused]
    shown = capsys.readouterr()
    first, second = shown.err.splitlines()
    assert first.startswith("error: p03: CreatePipeline p03: no (ResourceLimitExceeded)")
    assert second.startswith("error: p07: CreatePipeline p07: no (AccessDeniedException)")
    assert shown.out.endswith("12 pipelines: 10 created, 2 failed\n")
    assert "Created p03" not in shown.out


def test_the_document_has_the_failures_in_their_place(many, capsys):
    many.refused = {"p03": "ResourceLimitExceeded"}
    assert upsert.main(["--json"]) == 1
    pipelines = json.loads(capsys.readouterr().out)["pipelines"]
    assert [each["name"] for each in pipelines] == list(NAMES)
    assert [each["name"] for each in pipelines if each["action"] == "failed"] == ["p03"]
    assert "ResourceLimitExceeded" in pipelines[3]["error"]


def test_only_what_was_deployed_is_started(many, capsys):
    many.refused = {"p00": "ResourceLimitExceeded"}
    assert upsert.main(["p00", "p01", "--start"]) == 1
    started = [r["PipelineName"] for call, r in many.calls if call == "start_pipeline_execution"]
    assert started == ["p01"]


def test_a_composition_that_breaks_leaves_the_others_alone(many, monkeypatch, capsys):
    working = sources.cached

    def cached(name, environment, *, use):
        if name == "p05":
            raise NameError("name 'x' is not defined")
        return working(name, environment, use=use)

    monkeypatch.setattr(sources, "cached", cached)
    assert upsert.main([]) == 1
    assert len(many.pipelines) == 11
    assert capsys.readouterr().err == (
        "error: p05: NameError: name 'x' is not defined; "
        "python -m pipelines.synth p05 --debug shows where\n"
    )


def test_without_what_they_share_none_is_written(many, monkeypatch, capsys):
    def upload(path, bucket, key):
        raise DeployError("uploading prepare.py: no")

    monkeypatch.setattr("pipelines.deploy.aws.Aws.upload", lambda self, *given: upload(*given))
    assert upsert.main([]) == 1
    assert many.pipelines == {}
    assert capsys.readouterr().err.count("uploading prepare.py: no") == 12


def test_what_concerns_them_all_is_said_once(many, capsys):
    many.fail["describe_pipeline"] = ("ExpiredTokenException", "expired")
    assert upsert.main([]) == 1
    assert capsys.readouterr().err.count("error:") == 1
    assert many.written() == []


def test_a_single_failure_is_said_as_ever(many, capsys):
    many.refused = {"p03": "ResourceLimitExceeded"}
    assert upsert.main(["p03"]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith("error: CreatePipeline p03: no (ResourceLimitExceeded)")
