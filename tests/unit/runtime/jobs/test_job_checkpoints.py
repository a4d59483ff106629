"""A job's folder of checkpoints and its copy in S3."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from runtime.jobs import checkpoints
from runtime.jobs.checkpoints import Checkpoints, synchronised
from runtime.jobs.container import JobFolder
from runtime.jobs.errors import JobFailed
from runtime.storage._base import Objects, StorageFull
from runtime.storage.open import open_storage

HERE = Checkpoints("s3://bucket/c", "/opt/ml/checkpoints")


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    opened = open_storage(tmp_path / "state").objects
    opened.create_bucket("bucket")
    return opened


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    return JobFolder(tmp_path / "ml", tmp_path / "log")


def test_a_bucket_that_is_gone_at_the_end_fails_the_job(objects: Objects, job: JobFolder) -> None:
    with ExitStack() as running:
        running.enter_context(synchronised(objects, HERE, [job]))
        objects.delete_bucket("bucket")
        (job.root / "checkpoints/state").write_text("x")
        end = running.pop_all()
    with pytest.raises(JobFailed, match="checkpoints cannot be stored in s3://bucket/c/"):
        end.close()


def test_a_full_disk_is_tried_again_and_nothing_is_lost(
    objects: Objects, job: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.01)
    tried = threading.Event()

    def full(*_: object, **__: object) -> None:
        tried.set()
        raise StorageFull("no room")

    with synchronised(objects, HERE, [job]), monkeypatch.context() as broken:
        broken.setattr(type(objects), "put", full)
        (job.root / "checkpoints/state").write_text("x")
        assert tried.wait(30)
    assert objects.get("bucket", "c/state").size == 1


def test_a_job_that_never_ran_changes_nothing(
    objects: Objects, job: JobFolder, tmp_path: Path
) -> None:
    (tmp_path / "old").write_text("old")
    before = objects.put("bucket", "c/state", tmp_path / "old")
    with synchronised(objects, HERE, [job]):
        assert (job.root / "checkpoints/state").read_text() == "old"
    assert objects.get("bucket", "c/state") == before


def test_keys_that_lead_out_of_the_folder_are_refused(
    objects: Objects, job: JobFolder, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    objects.put("bucket", "c/../../log", tmp_path / "file")
    with (
        pytest.raises(JobFailed, match="leads out of the channel"),
        synchronised(objects, HERE, [job]),
    ):
        pass
    assert not job.log.exists()


def test_the_marks_of_folders_are_no_checkpoints(
    objects: Objects, job: JobFolder, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    objects.put("bucket", "c/", tmp_path / "empty")
    with synchronised(objects, HERE, [job]):
        assert list((job.root / "checkpoints").iterdir()) == []
    assert [stored.key for stored in objects.list("bucket")] == ["c/"]
