"""Every command keeps the same habits; a new file in pipelines/ is held to them by being there."""

from __future__ import annotations

import importlib
import itertools
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pipelines import _doors

ROOT = Path(__file__).parents[2]
# These talk to no SageMaker: they work offline, or with another service.
OFFLINE = {"comment", "completion", "new", "prices", "synth"}
NO_ENVIRONMENT = {"comment", "completion", "new"}
PROBE = """
import runpy, sys
module = sys.argv[1]
sys.argv = [module, "--help"]
try:
    runpy.run_module(module, run_name="__main__")
except SystemExit as left:
    heavy = {"boto3", "botocore", "rich", "sagemaker", "numpy", "moto", "runtime"} & set(sys.modules)
    print(f"{left.code} {sorted(heavy)}")
"""


def options(name):
    return {text for action in _doors.parser(name)._actions for text in action.option_strings}


def examples(name):
    """Each command line of a door's examples, as the command's name and its words."""
    epilog = _doors.parser(name).epilog or ""
    assert "\nexamples:\n" in f"\n{epilog}", f"pipelines.{name} --help has no examples"
    for line in epilog.rpartition("examples:\n")[2].splitlines():
        # Two blanks separate a comment.
        typed = line.strip().partition("  ")[0].replace('"$(', "").replace(')"', "")
        lexer = shlex.shlex(typed, posix=True, punctuation_chars="|&>")
        lexer.whitespace_split = True
        for _, group in itertools.groupby(lexer, lambda word: word in ("&&", "|", ">")):
            words = list(group)
            if "-m" in words:
                module, *rest = words[words.index("-m") + 1 :]
                yield module.removeprefix("pipelines."), rest


def test_there_are_commands():
    assert {"upsert", "run", "synth", "validate", "plan"} <= set(_doors.names())


@pytest.mark.parametrize("name", _doors.names())
def test_help_is_quick_and_loads_nothing_heavy(name):
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, f"pipelines.{name}"], cwd=ROOT, capture_output=True, text=True
    )
    assert ran.stdout.splitlines()[-1] == "0 []", ran.stderr


@pytest.mark.parametrize("name", _doors.names())
def test_help_has_examples_that_parse(name):
    found = list(examples(name))
    assert name in [command for command, _ in found]
    for command, words in found:
        _doors.parser(command).parse_args(words)


@pytest.mark.parametrize("name", _doors.names())
def test_the_options_are_the_same_everywhere(name):
    wanted = {"--help", "--debug"}
    if name not in NO_ENVIRONMENT:
        wanted |= {"--env", "--region", "--quiet"}
    if name not in OFFLINE:
        wanted |= {"--json", "--profile"}
    assert wanted <= options(name)


@pytest.mark.parametrize("name", _doors.names())
def test_its_layer_is_written_down(name):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert f"pipelines.{name}" in " | ".join(contracts["contracts"][0]["layers"]).split(" | ")


@pytest.mark.parametrize("name", _doors.names())
def test_every_option_is_explained(name):
    parser = _doors.parser(name)
    assert parser.description
    assert [action.dest for action in parser._actions if not action.help] == []


@pytest.mark.parametrize("name", sorted(set(_doors.names()) - NO_ENVIRONMENT))
def test_a_wrong_region_is_refused_before_anything_is_done(name, capsys):
    """It is what says that a door hands its options to `commands.environment`."""
    [words, *_] = [words for command, words in examples(name) if command == name]
    if "--env" in words:
        words[words.index("--env") + 1] = "local"
    usage = 1 if name == "validate" else 2
    assert _doors.run(name, [*words, "--region", "Paris"]) == usage
    assert (
        "--region must be an AWS region such as us-east-1 but got 'Paris'"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("name", _doors.names())
def test_a_door_says_what_it_is_for(name):
    module = importlib.import_module(f"pipelines.{name}")
    assert re.match(rf"python -m pipelines\.{name}\b.*: .+\.$", module.__doc__.splitlines()[0])
    assert _doors.summary(name) == module.__doc__.splitlines()[0].partition(": ")[2]


def door(*words):
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *words], cwd=ROOT, capture_output=True, text=True
    )


def test_pipelines_alone_lists_the_commands():
    ran = door()
    assert ran.returncode == 0
    assert [line.split()[0] for line in ran.stdout.splitlines()] == list(_doors.names())
    assert door("--help").stdout.count("\n  -h, --help") == 1


def test_a_command_can_be_a_word():
    ran = door("synth", "house-prise")
    assert (ran.returncode, ran.stderr) == (
        2,
        "error: no pipeline 'house-prise'; did you mean 'house-price'?\n",
    )
    assert door("synth", "--help").stdout.startswith("usage: python -m pipelines.synth")


def test_an_unknown_command_is_told_which_one_was_meant():
    ran = door("upset")
    assert (ran.returncode, ran.stderr) == (
        2,
        "error: there is no command 'upset'; did you mean 'upsert'?\n",
    )
