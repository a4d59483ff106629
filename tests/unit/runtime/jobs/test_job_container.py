"""The folder that stands for /opt/ml."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.jobs.container import JobFolder, base_environment, check_bucket, download, upload_tree
from runtime.jobs.errors import JobFailed
from runtime.jobs.hosts import cluster_of
from runtime.jobs.training_environment import training_environment
from runtime.storage._base import Objects
from runtime.storage.open import open_storage


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    opened = open_storage(tmp_path / "state").objects
    opened.create_bucket("bucket")
    return opened


def put(objects: Objects, tmp_path: Path, *keys: str, text: str = "x") -> None:
    path = tmp_path / "content"
    path.write_text(text)
    for key in keys:
        objects.put("bucket", key, path)


def files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("a/b", ["bc.csv", "c.csv", "d/e.csv"]),
        ("a/b/", ["c.csv", "d/e.csv"]),
        ("a/b/c.csv", ["c.csv"]),
        ("", ["a/b/c.csv", "a/b/d/e.csv", "a/bc.csv"]),
    ],
)
def test_keys_land_below_the_prefix_and_exact_objects_by_name(
    prefix: str, expected: list[str], objects: Objects, tmp_path: Path
) -> None:
    put(objects, tmp_path, "a/b/c.csv", "a/b/d/e.csv", "a/bc.csv", "a/b/empty/")
    source = {"S3Uri": f"s3://bucket/{prefix}", "S3DataType": "S3Prefix"}
    download(objects, source, tmp_path / "in")
    assert files(tmp_path / "in") == expected


def test_a_copy_can_be_changed_without_changing_the_object(
    objects: Objects, tmp_path: Path
) -> None:
    put(objects, tmp_path, "a/c.csv")
    download(objects, {"S3Uri": "s3://bucket/a/"}, tmp_path / "in")
    (tmp_path / "in/c.csv").write_text("changed")
    assert objects.get("bucket", "a/c.csv").path.read_text() == "x"


def test_a_manifest_names_its_objects(objects: Objects, tmp_path: Path) -> None:
    put(objects, tmp_path, "a/1.csv", "a/2.csv", "a/3.csv")
    manifest = json.dumps([{"prefix": "s3://bucket/a/"}, "1.csv", "3.csv"])
    put(objects, tmp_path, "m.json", text=manifest)
    source = {"S3Uri": "s3://bucket/m.json", "S3DataType": "ManifestFile"}
    download(objects, source, tmp_path / "in")
    assert files(tmp_path / "in") == ["1.csv", "3.csv"]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("s3://bucket/none", 'No S3 objects found under S3 URL "s3://bucket/none"'),
        ("s3://other/none", "the bucket does not exist"),
        ("file:///etc", "is not an S3 URI"),
    ],
)
def test_a_source_without_objects_fails_the_job(
    uri: str, message: str, objects: Objects, tmp_path: Path
) -> None:
    with pytest.raises(JobFailed) as caught:
        download(objects, {"S3Uri": uri}, tmp_path / "in")
    assert str(caught.value).startswith("ClientError: Data download failed:")
    assert message in str(caught.value)


def test_a_manifest_cannot_lead_out_of_the_channel(objects: Objects, tmp_path: Path) -> None:
    put(objects, tmp_path, "a/../x")
    put(objects, tmp_path, "m.json", text='[{"prefix": "s3://bucket/a/"}, "../x"]')
    source = {"S3Uri": "s3://bucket/m.json", "S3DataType": "ManifestFile"}
    with pytest.raises(JobFailed, match="leads out of the channel"):
        download(objects, source, tmp_path / "in")


def test_uploads_keep_paths_and_do_not_follow_links(objects: Objects, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "sub").mkdir(parents=True)
    (out / "sub/a.txt").write_text("a")
    (out / "secret").symlink_to("/etc/hostname")
    (out / "all").symlink_to("/etc")
    assert upload_tree(objects, out, "s3://bucket/results/") == 1
    assert [stored.key for stored in objects.list("bucket")] == ["results/sub/a.txt"]
    (tmp_path / "link").symlink_to(out)
    assert upload_tree(objects, tmp_path / "link", "s3://bucket/more/") == 0
    assert upload_tree(objects, tmp_path / "removed", "s3://bucket/more/") == 0


def test_results_need_a_bucket_before_any_work(objects: Objects) -> None:
    check_bucket(objects, "s3://bucket/x")
    with pytest.raises(JobFailed, match="'nowhere'"):
        check_bucket(objects, "s3://nowhere/x")


@pytest.mark.parametrize("path", ["/etc", "/opt/ml/../../etc", "/opt/mlx", "relative"])
def test_paths_outside_the_container_folder_are_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(JobFailed, match="must be under /opt/ml"):
        JobFolder(tmp_path / "ml", tmp_path / "log").path(path)


def test_jobs_see_no_credentials_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, "secret")
    environment = base_environment(tmp_path, "eu-west-1")
    assert "secret" not in environment.values()
    assert environment["AWS_DEFAULT_REGION"] == "eu-west-1"


def test_training_scripts_get_the_variables_of_the_toolkit() -> None:
    job = {
        "TrainingJobName": "j",
        "TrainingJobArn": "arn",
        "HyperParameters": {"learning-rate": "0.1", "name": "x"},
        "InputDataConfig": [{"ChannelName": "train"}],
        "Environment": {"MINE": "1"},
    }
    variables = training_environment(job, cluster_of(job), "algo-1", 2)
    assert variables["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert variables["SM_HP_LEARNING_RATE"] == "0.1"
    assert json.loads(variables["SM_HPS"]) == {"learning-rate": 0.1, "name": "x"}
    assert variables["MINE"] == "1"
