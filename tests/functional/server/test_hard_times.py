"""A state directory whose process is killed while it writes, or whose disk is full."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.storage.open import Storage, open_storage

ROOT = Path(__file__).parents[3]
# Writes for ever; prints a line for each object and record that was acknowledged.
WRITER = """
import io, pathlib, sys
from runtime.storage.open import open_storage
state = open_storage(pathlib.Path(sys.argv[1]))
state.objects.create_bucket("bucket")
for number in range(10**9):
    body = str(number).encode() * (1 + number * 37 % 20_000)
    key = f"folder/{number % 5}"
    if number % 7 == 6:
        state.objects.delete("bucket", key)
    else:
        state.objects.put("bucket", key, io.BytesIO(body), metadata={"x-amz-meta-n": str(number)})
    state.records.put("Count", "n", {"n": number})
    print(number, flush=True)
"""
# Puts and records under a limit of 300 kB for any one file, which stands for a disk that fills up.
FULL = """
import io, json, pathlib, resource, sys
from runtime.storage.open import open_storage
from runtime.storage._base import StorageFull
state = open_storage(pathlib.Path(sys.argv[1]))
state.objects.create_bucket("bucket")
state.objects.put("bucket", "k", io.BytesIO(b"old"))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
refused = []
def refuse(call):
    try:
        call()
    except StorageFull as error:
        refused.append(str(error))
refuse(lambda: state.objects.put("bucket", "k", io.BytesIO(b"x" * 10**6)))
for number in range(400):
    refuse(lambda: state.records.put("Model", str(number), {"text": "x" * 1000}))
refuse(lambda: state.objects.put("bucket", "k", io.BytesIO(b"new")))
print(json.dumps(refused))
"""


def assert_index_and_files_agree(state: Storage, directory: Path) -> None:
    stored = state.objects.list("bucket")
    for found in stored:
        content = found.path.read_bytes()
        assert hashlib.md5(content).hexdigest() == found.etag
        assert len(content) == found.size
        assert content.startswith(found.metadata.get("x-amz-meta-n", "").encode())
    files = {path for path in (directory / "s3").rglob("*") if path.is_file()}
    assert files == {found.path for found in stored}


@pytest.mark.parametrize("acknowledged", [3, 20, 41, 76, 110])
def test_a_killed_writer_leaves_whole_objects_and_every_acknowledged_write(
    tmp_path: Path, acknowledged: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(acknowledged):
            process.stdout.readline()
        process.kill()
        last = int((process.stdout.read().split() or [str(acknowledged - 1)])[-1])
    state = open_storage(tmp_path)
    assert_index_and_files_agree(state, tmp_path)
    assert (state.records.get("Count", "n") or {})["n"] in (last, last + 1)
    state.objects.put("bucket", "after", io.BytesIO(b"1"), metadata={"x-amz-meta-n": "1"})
    assert_index_and_files_agree(state, tmp_path)
    state.records.close()


def test_a_full_disk_refuses_writes_and_keeps_what_was_there(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    refused = json.loads(answer.stdout)
    assert len(refused) > 2
    assert all(text.endswith("free some space on its disk") for text in refused)
    state = open_storage(tmp_path)
    assert state.objects.get("bucket", "k").path.read_bytes() == b"old"
    assert_index_and_files_agree(state, tmp_path)
    written = [record["text"] for record in state.records.list("Model")]
    assert written == ["x" * 1000] * len(written)
    state.records.close()
