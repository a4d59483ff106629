from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from params.environment import load
from pipelines.definition.document import parse
from pipelines.deploy import inputs, start
from pipelines.deploy.errors import UsageError
from pipelines.deploy.start import StartOptions

LOCAL = load("local")
AWS = replace(LOCAL, name="dev", runtime=None)
DEFAULT = LOCAL.parameters["house-price"]["InputDataUri"]


def definition(default=DEFAULT):
    parameter = {"Name": "InputDataUri", "Type": "String", "DefaultValue": default}
    return parse({"Version": "2020-12-01", "Parameters": [parameter], "Steps": []})


def prepared(environment=LOCAL, default=DEFAULT, **options):
    options = {"values": {}} | options
    return start.prepare(environment, "tiny", definition(default), StartOptions(**options))


def test_a_file_goes_to_the_key_of_its_content(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(b"price\n1\n")
    [upload] = prepared(source=str(path)).uploads
    digest = hashlib.sha256(b"price\n1\n").hexdigest()
    assert upload.key == f"{LOCAL.prefix}/data/{digest}/mine.csv"
    assert prepared(source=str(path)).values == {"InputDataUri": upload.uri}


def test_a_directory_becomes_a_prefix_of_its_csv_files(tmp_path):
    for name in ("b.csv", "a.CSV", "notes.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder.csv").mkdir()
    launch = prepared(source=str(tmp_path))
    uri = launch.values["InputDataUri"]
    assert uri.endswith("/")
    assert [each.uri for each in launch.uploads] == [f"{uri}a.CSV", f"{uri}b.csv"]


def test_an_s3_uri_is_taken_as_it_is():
    launch = prepared(AWS, source="s3://elsewhere/x.csv")
    assert launch.values == {"InputDataUri": "s3://elsewhere/x.csv"}
    assert launch.uploads == ()


def test_in_the_local_runtime_the_default_location_gets_sample_data():
    launch = prepared()
    assert launch.values == {}
    assert [each.uri for each in launch.uploads] == [DEFAULT]


def test_rows_gets_a_key_of_its_own_so_that_the_default_stays():
    launch = prepared(rows=50)
    assert launch.values["InputDataUri"] == DEFAULT.replace(".csv", "-50.csv")
    assert launch.uploads[0].rows == 50


@pytest.mark.parametrize("default", ["s3://elsewhere/x.csv", f"s3://{LOCAL.bucket}/prefix/"])
def test_no_sample_data_is_written_where_it_would_not_be_ours_or_one_file(default):
    assert prepared(default=default).uploads == ()


def test_aws_gets_no_sample_data():
    assert prepared(AWS).uploads == ()


@pytest.mark.parametrize(
    ("environment", "options", "message"),
    [
        (LOCAL, {"source": "s3://x/y", "rows": 5}, "give one of them"),
        (LOCAL, {"values": {"InputDataUri": "s3://x/y"}, "rows": 5}, "drop --input or --rows"),
        (AWS, {"rows": 5}, "in the local runtime only, not in 'dev'; give --input"),
        (LOCAL, {"source": "https://x/y"}, "not an S3 URI"),
        (LOCAL, {"source": "s3://x"}, "not an S3 URI"),
        (LOCAL, {"source": "no/such.csv"}, "--input no/such.csv: cannot be read: No such file"),
        (LOCAL, {"source": "x" * 5000}, "cannot be read: File name too long"),
        (LOCAL, {"source": "/dev/null"}, "is neither a file nor a directory"),
        (LOCAL, {"source": ""}, "--input: is empty"),
    ],
)
def test_contradictions_and_absent_files_are_usage_errors(environment, options, message):
    with pytest.raises(UsageError) as error:
        prepared(environment, **options)
    assert message in str(error.value)


@pytest.mark.parametrize("kind", ["empty file", "empty directory"])
def test_input_without_content_is_refused(tmp_path, kind):
    path = tmp_path / "x.csv"
    path.touch() if kind == "empty file" else path.mkdir()
    with pytest.raises(UsageError, match=r"is empty|no \*\.csv files"):
        inputs.given(str(path), LOCAL)
