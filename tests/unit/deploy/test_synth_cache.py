from __future__ import annotations

from dataclasses import replace

import pytest

from params.environment import load
from pipelines.deploy import synth_cache
from pipelines.deploy.models import Asset, Place, Synthesis


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(synth_cache, "DIRECTORY", tmp_path / "synth")
    return tmp_path / "synth"


def synthesis(name="tiny"):
    assets = (Asset(synth_cache.ROOT / "README.md", "bucket", "key"),)
    return Synthesis(name, "About.", "{}", assets, {"Train": Place("steps/train.py", 3)})


def test_the_key_holds_packages_python_and_settings(monkeypatch):
    env = load("local")
    before = synth_cache.key("tiny", env)
    assert synth_cache.key("tiny", env) == before

    others = [synth_cache.key("other", env), synth_cache.key("tiny", replace(env, bucket="other"))]
    with monkeypatch.context() as patch:
        patch.setattr(synth_cache, "_distributions", lambda: ["sagemaker-4.0.0.dist-info"])
        others.append(synth_cache.key("tiny", env))
    with monkeypatch.context() as patch:
        patch.setattr(synth_cache.sys, "version_info", (3, 12, 0))
        others.append(synth_cache.key("tiny", env))

    assert len({before, *others}) == 5


def test_what_is_kept_is_found_until_something_read_changes(tmp_path):
    read = tmp_path / "words.txt"
    read.write_text("one")
    synth_cache.keep("k", synthesis(), [f"file:{read}"])

    found = synth_cache.find("k")
    assert found == synthesis()
    assert found.places == synthesis().places

    read.write_text("two")
    assert synth_cache.find("k") is None


def test_a_variable_stands_in_the_entry_as_a_digest(folder, monkeypatch):
    monkeypatch.setenv("TOKEN", "secret-token")
    synth_cache.keep("k", synthesis(), ["variable:TOKEN"])

    assert "secret-token" not in (folder / "k.json").read_text()
    assert synth_cache.find("k") is not None
    monkeypatch.delenv("TOKEN")
    assert synth_cache.find("k") is None


def test_only_the_newest_entries_stay(folder, monkeypatch):
    monkeypatch.setattr(synth_cache, "_KEPT", 80)
    for number in range(85):
        synth_cache.keep(f"k{number}", synthesis(), [])
    assert len(list(folder.iterdir())) == 80
    assert synth_cache.find("k84") is not None
