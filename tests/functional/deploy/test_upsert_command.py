from __future__ import annotations

import json

import pytest

from params.environment import load
from pipelines import upsert

BUCKET = load("local").bucket


def test_the_first_upsert_creates_bucket_assets_and_pipeline(sagemaker, s3, capsys):
    assert upsert.main(["tiny"]) == 0
    assert sagemaker.written() == ["create_pipeline", "update_pipeline_version"]
    assert s3.get_object(Bucket=BUCKET, Key="house-price-pipelines/assets/0a1b/prepare.py")
    out = capsys.readouterr().out
    assert "+ create bucket" in out
    assert "+ publish prepare.py" in out
    assert "+ create pipeline tiny" in out


def test_a_second_upsert_writes_nothing_at_all(sagemaker, capsys):
    upsert.main(["tiny"])
    capsys.readouterr()
    sagemaker.calls.clear()
    assert upsert.main(["tiny"]) == 0
    assert sagemaker.written() == []
    assert "tiny  up to date" in capsys.readouterr().out


def test_the_layout_of_the_deployed_text_is_not_a_change(sagemaker):
    upsert.main(["tiny"])
    deployed = sagemaker.pipelines["tiny"]
    deployed["PipelineDefinition"] = json.dumps(
        dict(reversed(json.loads(deployed["PipelineDefinition"]).items())), indent=7
    )
    sagemaker.calls.clear()
    assert upsert.main(["tiny"]) == 0
    assert sagemaker.written() == []


def test_a_changed_definition_is_one_update_that_names_what_differs(sagemaker, composition, capsys):
    upsert.main(["tiny"])
    sagemaker.calls.clear()
    composition["Parameters"][1]["DefaultValue"] = 4
    assert upsert.main(["tiny"]) == 0
    [(_, request)] = [call for call in sagemaker.calls if call[0] == "update_pipeline"]
    assert set(request) == {"PipelineName", "PipelineDefinition"}
    assert "~ Parameters.Rounds.DefaultValue  3 → 4" in capsys.readouterr().out


def test_a_changed_role_does_not_send_the_definition_again(sagemaker):
    upsert.main(["tiny"])
    sagemaker.pipelines["tiny"]["RoleArn"] = "arn:aws:iam::123456789012:role/Other"
    sagemaker.calls.clear()
    upsert.main(["tiny"])
    [(_, request)] = [call for call in sagemaker.calls if call[0] == "update_pipeline"]
    assert set(request) == {"PipelineName", "RoleArn"}


def test_a_missing_tag_is_set_and_foreign_tags_stay(sagemaker):
    upsert.main(["tiny"])
    [arn] = sagemaker.tags
    sagemaker.tags[arn] = [{"Key": "cost-centre", "Value": "7"}]
    sagemaker.calls.clear()
    upsert.main(["tiny"])
    assert sagemaker.written() == ["add_tags"]


def test_plan_shows_and_writes_nothing(sagemaker, s3, capsys):
    assert upsert.main(["tiny", "--plan", "--start", "--param", "Rounds=5"]) == 0
    assert sagemaker.written() == []
    assert s3.list_buckets()["Buckets"] == []
    out = capsys.readouterr().out
    assert "+ create pipeline tiny" in out
    assert "+ write sample data, 4,000 rows" in out
    assert "> start an execution  Rounds=5" in out


def test_without_names_every_pipeline_is_taken(sagemaker):
    assert upsert.main([]) == 0
    assert list(sagemaker.pipelines) == ["tiny"]


def test_start_generates_the_sample_data_once(sagemaker, s3):
    assert upsert.main(["tiny", "--start"]) == 0
    key = "house-price-pipelines/data/houses.csv"
    before = s3.head_object(Bucket=BUCKET, Key=key)["LastModified"]
    assert upsert.main(["tiny", "--start"]) == 0
    assert s3.head_object(Bucket=BUCKET, Key=key)["LastModified"] == before
    starts = [request for name, request in sagemaker.calls if name == "start_pipeline_execution"]
    assert starts == [{"PipelineName": "tiny"}] * 2


def test_rows_makes_a_data_set_of_its_own(sagemaker, s3):
    assert upsert.main(["tiny", "--start", "--rows", "50"]) == 0
    uri = f"s3://{BUCKET}/house-price-pipelines/data/houses-50.csv"
    [request] = [r for name, r in sagemaker.calls if name == "start_pipeline_execution"]
    assert request["PipelineParameters"] == [{"Name": "InputDataUri", "Value": uri}]
    assert s3.head_object(Bucket=BUCKET, Key=uri.split("/", 3)[3])


def test_input_is_uploaded_to_a_content_addressed_key(sagemaker, s3, tmp_path):
    (tmp_path / "mine.csv").write_text("price\n1\n")
    assert upsert.main(["tiny", "--start", "--input", str(tmp_path / "mine.csv")]) == 0
    [request] = [r for name, r in sagemaker.calls if name == "start_pipeline_execution"]
    [given] = request["PipelineParameters"]
    assert given["Name"] == "InputDataUri"
    key = given["Value"].removeprefix(f"s3://{BUCKET}/")
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"price\n1\n"


def test_a_wrong_parameter_stops_before_anything_is_written(sagemaker, capsys):
    assert upsert.main(["tiny", "--start", "--param", "Round=4", "--param", "Loss=c"]) == 2
    assert sagemaker.calls == []
    err = capsys.readouterr().err
    assert "there is no parameter 'Round'; did you mean 'Rounds'?" in err
    assert "'Loss' must be one of a, b but got 'c'" in err


def test_a_definition_that_is_not_well_formed_is_refused(sagemaker, composition, capsys):
    composition["Steps"][1]["DependsOn"] = ["Prepar"]
    assert upsert.main(["tiny"]) == 1
    assert sagemaker.calls == []
    assert "step 'Prepar' does not exist; did you mean 'Prepare'?" in capsys.readouterr().err


def test_a_missing_bucket_in_aws_is_an_error_with_a_next_step(sagemaker, monkeypatch, capsys):
    monkeypatch.setenv("ARTIFACT_BUCKET", "not-there")
    monkeypatch.setenv("SAGEMAKER_PIPELINE_ROLE_ARN", "arn:aws:iam::123456789012:role/Pipelines")
    assert upsert.main(["tiny", "--env", "dev"]) == 1
    assert sagemaker.written() == []
    assert "bucket 'not-there' does not exist in us-east-1; create it" in capsys.readouterr().err


def test_a_refusal_is_one_sentence_and_debug_shows_the_traceback(sagemaker, capsys):
    sagemaker.fail["create_pipeline"] = ("AccessDeniedException", "User: x is not authorized.")
    assert upsert.main(["tiny"]) == 1
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("error: CreatePipeline tiny: User: x is not authorized (Acc")
    with pytest.raises(Exception, match="not authorized"):
        upsert.main(["tiny", "--debug"])


def test_json_prints_one_document_and_nothing_else(sagemaker, capsys):
    assert upsert.main(["tiny", "--start", "--wait", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    [pipeline] = document["pipelines"]
    assert pipeline["name"] == "tiny"
    assert pipeline["action"] == "create"
    assert pipeline["arn"].endswith(":pipeline/tiny")
    assert pipeline["execution"]["status"] == "Succeeded"
    assert [each["name"] for each in pipeline["steps"]] == ["Prepare", "Tune", "Evaluate"]
    assert pipeline["metrics"] is None


@pytest.mark.parametrize("option", [["--wait"], ["--param", "A=1"], ["--input", "x"]])
def test_options_about_an_execution_need_start(option, capsys):
    assert upsert.main(["tiny", *option]) == 2
    assert "add --start" in capsys.readouterr().err


def test_an_unknown_environment_is_a_usage_error(capsys):
    assert upsert.main(["--env", "prd"]) == 2
    assert "no environment 'prd'; did you mean 'prod'?" in capsys.readouterr().err


def test_an_execution_that_fails_is_exit_code_1_only_when_waited_for(sagemaker):
    sagemaker.frames = [("Failed", [])]
    assert upsert.main(["tiny", "--start"]) == 0
    assert upsert.main(["tiny", "--start", "--wait"]) == 1


def test_what_was_done_is_said_and_a_plan_says_that_nothing_was(sagemaker, capsys):
    upsert.main(["tiny", "--plan"])
    assert capsys.readouterr().out.endswith("\nThis is the plan; nothing was done.\n")
    upsert.main(["tiny"])
    assert capsys.readouterr().out.endswith("\nCreated tiny\n")
    upsert.main(["tiny"])
    assert capsys.readouterr().out.endswith("\ntiny  up to date\n")


def test_the_plan_is_what_is_done(sagemaker, capsys):
    upsert.main(["tiny", "--plan", "--start", "--json"])
    [planned] = json.loads(capsys.readouterr().out)["pipelines"]
    upsert.main(["tiny", "--start", "--json"])
    [done] = json.loads(capsys.readouterr().out)["pipelines"]
    assert planned["instructions"] == done["instructions"]
    kinds = [each["instruction"] for each in done["instructions"]]
    assert kinds == ["CreateBucket", "PublishAsset", "CreatePipeline", "WriteSample"]


def test_assets_are_published_before_the_pipeline_that_refers_to_them(sagemaker, s3):
    seen = []

    def create(request):
        seen.append(s3.list_objects_v2(Bucket=BUCKET)["KeyCount"])
        return {"PipelineArn": "arn:tiny"}

    sagemaker._create_pipeline = create
    upsert.main(["tiny"])
    assert seen == [1]


def test_an_asset_that_is_there_is_not_uploaded_again(sagemaker, s3):
    upsert.main(["tiny"])
    key = "house-price-pipelines/assets/0a1b/prepare.py"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"marked")
    upsert.main(["tiny"])
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"marked"
    s3.delete_object(Bucket=BUCKET, Key=key)
    sagemaker.calls.clear()
    assert upsert.main(["tiny"]) == 0
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() != b"marked"
    assert sagemaker.written() == []


def test_a_foreign_definition_under_our_name_is_replaced(sagemaker, capsys):
    upsert.main(["tiny"])
    sagemaker.pipelines["tiny"]["PipelineDefinition"] = "<not ours>"
    capsys.readouterr()
    assert upsert.main(["tiny"]) == 0
    assert "~ definition  not JSON → this definition" in capsys.readouterr().out
    assert json.loads(sagemaker.pipelines["tiny"]["PipelineDefinition"])["Version"]


def test_somebody_who_creates_it_in_the_meantime_is_reported(sagemaker, capsys):
    taken = "Pipeline names must be unique within an AWS account and region."
    sagemaker.fail["create_pipeline"] = ("ValidationException", taken)
    assert upsert.main(["tiny"]) == 1
    assert "must be unique within an AWS account" in capsys.readouterr().err
    del sagemaker.fail["create_pipeline"]
    sagemaker.calls.clear()
    assert upsert.main(["tiny"]) == 0
    assert sagemaker.written() == ["create_pipeline", "update_pipeline_version"]


def test_texts_in_any_script_arrive(sagemaker, composition, monkeypatch, capsys):
    composition["Parameters"][2] |= {"DefaultValue": "größer", "EnumValues": ["größer", "小さい"]}
    assert upsert.main(["tiny", "--start", "--param", "Loss=小さい", "--json"]) == 0
    [request] = [r for name, r in sagemaker.calls if name == "start_pipeline_execution"]
    assert request["PipelineParameters"] == [{"Name": "Loss", "Value": "小さい"}]
    assert (
        "größer"
        in json.loads(sagemaker.pipelines["tiny"]["PipelineDefinition"])["Parameters"][2][
            "EnumValues"
        ]
    )
    assert capsys.readouterr().out.isascii()
