"""The synth cache: every input of a composition, changed alone, leads to composing anew."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A composition that takes from wherever one can: a step's module, a script, a file of the project, one from
# elsewhere, a folder's names, a process environment variable when it is imported and one when it composes.
COMPOSITION = '''"""Takes from everywhere."""

import os
from pathlib import Path

from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline

from steps.words import WORD

AT_IMPORT = os.environ.get("WORD_AT_IMPORT", "none")
OUTSIDE = Path(os.environ["OUTSIDE"])


def compose(env, session):
    session.asset(OUTSIDE / "script.py")
    words = [
        WORD,
        AT_IMPORT,
        os.getenv("WORD_AT_COMPOSE", "none"),
        (Path(__file__).parents[2] / "word.txt").read_text(),
        *sorted(path.name for path in OUTSIDE.iterdir()),
        str((OUTSIDE / "maybe").exists() and (OUTSIDE / "maybe").read_text()),
        env.tags["project"],
    ]
    return Pipeline(
        name="everywhere",
        parameters=[ParameterString("Word", default_value="w")],
        steps=[FailStep("Stop", error_message=" ".join(words))],
        sagemaker_session=session,
    )
'''
PROBE = """
import json, sys
from params.environment import load
from pipelines.deploy import synth
composed = []
before = synth.synthesise
def watched(name, env):
    composed.append(name)
    return before(name, env)
synth.synthesise = watched
found = synth.cached("everywhere", load("local"), use="--no-cache" not in sys.argv)
print(json.dumps([bool(composed), json.loads(found.definition)["Steps"][0]["Arguments"]["ErrorMessage"],
                  [asset.key for asset in found.assets], {k: str(v) for k, v in found.places.items()}]))
"""


class Checkout:
    """A copy of the project with the greedy composition, and the folder it looks into."""

    def __init__(self, folder: Path) -> None:
        self.root, self.outside = folder / "project", folder / "outside"
        for package in ("params", "pipelines", "steps"):
            shutil.copytree(
                ROOT / package, self.root / package, ignore=shutil.ignore_patterns("__pycache__")
            )
        self.outside.mkdir()
        (self.outside / "script.py").write_text("print(1)\n")
        (self.root / "word.txt").write_text("file")
        (self.root / "steps" / "words.py").write_text('WORD = "module"\n')
        (self.root / "pipelines" / "compositions" / "everywhere.py").write_text(COMPOSITION)

    def cached(self, *arguments: str, **variables: str):
        result = subprocess.run(
            [sys.executable, "-c", PROBE, *arguments],
            cwd=self.root,
            env={"PATH": os.environ["PATH"], "OUTSIDE": str(self.outside), **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert result.stderr == ""
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return Checkout(tmp_path_factory.mktemp("checkout"))


def module(checkout):
    (checkout.root / "steps" / "words.py").write_text('WORD = "other"\n')


def script(checkout):
    (checkout.outside / "script.py").write_text("print(2)\n")


def file_of_the_project(checkout):
    (checkout.root / "word.txt").write_text("text")


def name_in_a_folder(checkout):
    (checkout.outside / "new").touch()


def file_that_was_absent(checkout):
    (checkout.outside / "maybe").write_text("here")


def setting(checkout):
    path = checkout.root / "params" / "environments" / "local.toml"
    path.write_text(path.read_text().replace('project = "', 'project = "my-'))


@pytest.mark.parametrize(
    ("change", "variables"),
    [
        (module, {}),
        (script, {}),
        (file_of_the_project, {}),
        (name_in_a_folder, {}),
        (file_that_was_absent, {}),
        (setting, {}),
        (None, {"WORD_AT_IMPORT": "set"}),
        (None, {"WORD_AT_COMPOSE": "set"}),
    ],
)
def test_whatever_changes_is_noticed_and_gives_what_composing_anew_gives(
    checkout, change, variables
):
    checkout.cached()
    if change:
        change(checkout)

    composed, *found = checkout.cached(**variables)

    assert composed
    assert found == checkout.cached("--no-cache", **variables)[1:]
    assert checkout.cached(**variables) == [False, *found]


def test_a_variable_that_nobody_reads_changes_nothing(checkout):
    _, *found = checkout.cached()
    assert checkout.cached(UNRELATED="x", AWS_PROFILE="y", HOME="/nowhere") == [False, *found]


@pytest.mark.parametrize("damage", [b"{", b'{"read": {}}', b"\xff"])
def test_a_damaged_entry_is_made_again(checkout, damage):
    _, *found = checkout.cached()
    for entry in (checkout.root / ".sagemaker" / "synth").glob("*.json"):
        entry.write_bytes(damage)
    assert checkout.cached() == [True, *found]
    assert checkout.cached() == [False, *found]


def test_a_folder_that_cannot_be_written_is_said_and_composing_goes_on(tmp_path):
    checkout = Checkout(tmp_path)
    (checkout.root / ".sagemaker").write_text("a file, not a folder")
    with pytest.raises(AssertionError, match="note: everywhere is composed anew each time"):
        checkout.cached()
