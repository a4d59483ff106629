from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.deploy.provenance import (
    Commit,
    Owner,
    Record,
    digest,
    drifted,
    note,
    owner,
    read_commit,
    read_note,
)

SHA = "0123456789ab"


def git(folder, *words):
    identity = ["-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.com"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def test_the_commit_has_a_plus_when_files_differ_from_it(tmp_path):
    git(tmp_path, "init")
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "One")
    clean = read_commit(tmp_path)
    assert clean
    assert len(clean.sha) == 12
    assert clean.author == "Ada Lovelace"
    (tmp_path / "file").write_text("2")
    assert read_commit(tmp_path) == Commit(f"{clean.sha}+", "Ada Lovelace")


def test_without_a_repository_or_without_git_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert read_commit(tmp_path) is None
    assert read_commit(tmp_path / "nowhere") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_commit(tmp_path) is None


def test_the_digest_is_of_what_the_text_says_not_of_its_layout():
    document = {"b": [1, "é"], "a": None}
    assert digest(json.dumps(document, indent=7)) == digest(
        json.dumps(document, ensure_ascii=False)
    )
    assert digest("{}") != digest("[]")
    assert digest("not json") != digest("not jsom")


@given(st.text())
def test_any_text_has_a_digest(text):
    assert len(digest(text)) == 64


@pytest.mark.parametrize(
    ("tags", "whose"),
    [
        ({}, Owner.UNRECORDED),
        ({"cost-centre": "7"}, Owner.UNRECORDED),
        ({"project": "mine"}, Owner.OURS),
        ({"project": "theirs"}, Owner.OTHERS),
        ({"pipelines:project": "mine", "project": "theirs"}, Owner.OURS),
        ({"pipelines:project": "theirs", "project": "mine"}, Owner.OTHERS),
    ],
)
def test_whose_a_pipeline_is(tags, whose):
    assert owner("mine", tags) is whose


def test_drift_is_another_definition_than_was_recorded():
    tags = Record("mine", Commit(SHA, "Ada")).tags("{}")
    assert not drifted(tags, "{ }")
    assert drifted(tags, '{"a": 1}')
    assert not drifted({}, "{}")


def test_a_note_can_be_read_again():
    assert read_note(note(Commit(SHA, "Ada Lovelace"))) == ("", Commit(SHA, "Ada Lovelace"))
    back = note(Commit(f"{SHA}+", "Ada"), "rollback to version 3")
    assert read_note(back) == ("rollback to version 3", Commit(f"{SHA}+", "Ada"))
    assert read_note(note(None)) == ("", Commit("unknown", "unknown"))


def test_what_others_wrote_stays_as_it_is():
    assert read_note("My version; commit to it") == ("My version; commit to it", None)
    assert read_note("") == ("", None)


@given(st.text())
def test_any_author_fits_into_one_line(author):
    text = note(Commit(SHA, author))
    assert "\n" not in text
    assert len(text) < 300
    assert read_note(text)[1] is not None
