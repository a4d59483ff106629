"""Shells complete what their parsers take: asked as the scripts ask, and in real shells."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from params.environment import names as environments
from pipelines import _doors, completion
from pipelines.deploy.completion.candidates import joined

ROOT = Path(__file__).parents[2]
VARIABLES = {
    "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
    "HOME": "/nonexistent",
    "TERM": "dumb",
    "PS1": "$ ",
}


def asked(capsys, *words):
    assert completion.main(["--words", *words]) == 0
    return capsys.readouterr().out.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], [*_doors.names()]),
        (["syn"], ["synth"]),
        (["plan", "house-p"], ["house-price"]),
        (["plan", "house-price", "linear"], ["linear-baseline"]),
        (["run", "house-price", ""], []),
        (["plan", "--env", ""], [*environments()]),
        (["plan", "--env=d"], ["--env=dev"]),
        (["plan", "--env", "=", "d"], ["dev"]),
        (["plan", "--env", "="], [*environments()]),
        (["plan", "--env", "dev", "--re"], ["--region"]),
        (["plan", "--env", "dev", "--en"], []),
        (["plan", "--fail-on", "cache", "--fail"], ["--fail-on"]),
        (["plan", "--out", ""], []),
        (["validate", "--format", "s"], ["sarif"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["run", "linear-baseline", "--param", "Mae"], ["MaeThreshold="]),
        (["run", "house-price", "--param", "Mae"], []),
        (["run", "--param", "Mae"], ["MaeThreshold="]),
        (["run", "house-price", "--param", "L2", "=", "1"], []),
        (["-m", "pipelines.sy"], ["pipelines.synth"]),
        (["-m", "pipelines.plan", "linear"], ["linear-baseline"]),
        (["-m", "pipelines", "sy"], ["synth"]),
        (["new", ""], []),
    ],
)
def test_what_may_follow(words, expected, capsys):
    assert asked(capsys, *words) == expected


def test_every_option_of_every_command_is_offered(capsys):
    for name in _doors.names():
        options = {text for each in _doors.parser(name)._actions for text in each.option_strings}
        assert set(asked(capsys, name, "--")) == {each for each in options if each[:2] == "--"}


def test_words_that_bash_has_cut_are_joined():
    assert joined(["run", "--param", "L2", "=", "1", "x"]) == ["run", "--param", "L2=1", "x"]
    assert joined(["run", "--env", "=", "dev", "x"]) == ["run", "--env", "dev", "x"]
    assert joined(["run", "--env", "="]) == ["run", "--env", ""]
    assert joined(["="]) == ["="]


def test_an_unknown_command_completes_to_nothing(capsys):
    assert completion.main(["--words", "upset", ""]) == 2
    assert capsys.readouterr().out == ""


def test_a_shell_that_is_not_known_is_refused(capsys):
    with pytest.raises(SystemExit) as left:
        completion.main(["tcsh"])
    assert left.value.code == 2
    assert "invalid choice: 'tcsh'" in capsys.readouterr().err


def run(shell, script, *options):
    ran = subprocess.run(
        [shell, *options, "-c", script], cwd=ROOT, env=VARIABLES, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def typed(line, shell, end):
    """What an interactive shell prints after `line` and TAB, up to `end`."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        shell, cwd=ROOT, env=VARIABLES, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    ) as process:  # fmt: skip
        os.close(slave)
        try:
            os.write(master, line.encode())
            seen = b""
            while end.encode() not in seen:
                seen += os.read(master, 4096)
        finally:
            process.kill()
            os.close(master)
    return seen.decode()


BASH = 'eval "$(python -m pipelines.completion bash)"'
COMPLETE = """
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_pipelines_complete "${{COMP_WORDS[0]}}" 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("pipelines val", ["validate"]),
        ("pipelines plan ho", ["house-price"]),
        ("pipelines plan --env ''", [*environments()]),
        ("python -m pipelines.pla", ["pipelines.plan"]),
        ("python -m pipelines.upsert --st", ["--start"]),
        ("python -m pytest pipelines", [""]),
        ("python script.py x", [""]),
    ],
)
def test_bash_asks_and_is_answered(words, expected):
    printed = run("bash", f"{BASH}\n{COMPLETE.format(words=words)}")
    assert printed.splitlines() == expected


def test_the_short_command_is_the_long_one():
    assert run("bash", f"{BASH}\npipelines synth --help").startswith(
        "usage: python -m pipelines.synth"
    )


@pytest.mark.parametrize(
    ("line", "end"),
    [
        ("pipelines synth house-\t", "house-price "),
        ("python -m pipelines.synth linear\t", "linear-baseline "),
        ("pipelines synth --env loc\t", "local "),
        ("pipelines synth --out READ\t", "README.md"),
        ("pipelines run house-price --param MaxT\t", "MaxTuningJobs="),
    ],
)
def test_bash_completes_what_is_typed(line, end):
    start = f"{BASH}; bind 'set enable-bracketed-paste off'\n"
    typed(f"{start}{line}", ["bash", "--norc", "-i"], end)


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_completes_what_is_typed():
    start = 'eval "$(python -m pipelines.completion zsh)"\n'
    typed(f"{start}pipelines synth house-\t", ["zsh", "-f", "-i"], "house-price ")


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_completes_commands_and_pipelines():
    script = "python -m pipelines.completion fish | source; complete --do-complete '{}' | string split -f1 \\t"
    assert run("fish", script.format("pipelines synth linear")) == "linear-baseline\n"
    assert run("fish", script.format("pipelines val")) == "validate\n"
