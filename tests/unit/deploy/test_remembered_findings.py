from __future__ import annotations

import pytest

from pipelines.deploy import synth_cache
from pipelines.deploy.findings.remembered import validated
from pipelines.rules import _engine
from pipelines.rules._base import Finding, Severity

TEXT = '{"Version": "2020-12-01", "Steps": []}'
FOUND = (Finding("W1017", Severity.WARNING, "/Steps/0", "a word", "Train"),)


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """What the engine was asked for; it always answers FOUND."""
    monkeypatch.setattr(synth_cache, "DIRECTORY", tmp_path / "synth")
    asked = []

    def validate(text, *, name, region):
        asked.append((text, name, region))
        return FOUND

    monkeypatch.setattr(_engine, "validate", validate)
    return asked


def test_the_same_text_is_validated_once(calls):
    assert validated(TEXT, "a", None) == FOUND
    assert validated(TEXT, "a", None) == FOUND
    assert len(calls) == 1
    assert validated(TEXT, "a", None, use=False) == FOUND
    assert len(calls) == 2


@pytest.mark.parametrize(
    "other", [(f"{TEXT} ", "a", None), (TEXT, "b", None), (TEXT, "a", "eu-west-1")]
)
def test_another_text_name_or_region_is_validated_anew(calls, other):
    validated(TEXT, "a", None)
    validated(*other)
    assert len(calls) == 2


def test_other_rules_or_packages_are_noticed(calls, monkeypatch):
    validated(TEXT, "a", None)
    monkeypatch.setattr(synth_cache, "sources", lambda *_: {"pipelines/rules/new.py": "0"})
    validated(TEXT, "a", None)
    monkeypatch.setattr(synth_cache, "installed", list)
    validated(TEXT, "a", None)
    assert len(calls) == 3


@pytest.mark.parametrize(
    "damage", ["{", "[[1]]", '[["W1017", "grave", "", "", null]]', "7", "null"]
)
def test_a_damaged_entry_is_made_again(calls, damage):
    validated(TEXT, "a", None)
    for path in synth_cache.DIRECTORY.iterdir():
        path.write_text(damage)
    assert validated(TEXT, "a", None) == FOUND
    assert len(calls) == 2


def test_a_folder_that_cannot_be_written_hides_nothing(calls, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(synth_cache, "DIRECTORY", tmp_path / "file")
    assert validated(TEXT, "a", None) == FOUND
