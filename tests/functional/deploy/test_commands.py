from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

from pipelines.deploy import commands
from pipelines.deploy.errors import DeployError, UsageError

PROBE = """
import sys
from pipelines import {command}
try:
    code = {command}.main({arguments})
except SystemExit as exit:
    code = exit.code
heavy = {{"boto3", "botocore", "rich", "sagemaker", "numpy", "moto", "runtime"}} & set(sys.modules)
sys.exit(f"{{code}} {{sorted(heavy)}}")
"""


@pytest.mark.parametrize(
    ("command", "arguments", "expected"),
    [
        ("upsert", ["--help"], "0 []"),
        ("run", ["--help"], "0 []"),
        ("run", ["tiny", "--from", "latest"], "2 []"),
        ("status", ["--help"], "0 []"),
        ("logs", ["--help"], "0 []"),
        ("logs", [], "2 []"),
        ("stop", ["--help"], "0 []"),
        ("retry", ["--help"], "0 []"),
        ("open", ["--help"], "0 []"),
        ("compare", ["--help"], "0 []"),
        ("compare", ["only-one"], "2 []"),
        ("synth", ["--help"], "0 []"),
        ("synth", ["--nonsense"], "2 []"),
        ("synth", ["house-prise"], "2 []"),
        ("upsert", ["house-prise"], "2 []"),
        ("synth", ["--env", "prd"], "2 []"),
        ("upsert", ["--nonsense"], "2 []"),
        *((name, ["--help"], "0 []") for name in ("plan", "history", "rollback", "destroy")),
        ("prices", ["--help"], "0 []"),
        ("plan", ["--fail-on", "x"], "2 []"),
        ("plan", ["--fail-on", "x", "--detailed-exitcode"], "1 []"),
        ("plan", ["house-prise"], "2 []"),
        ("upsert", ["x", "--plan-file", "y"], "2 []"),
        ("rollback", ["x", "--to", "0"], "2 []"),
        ("run", [], "2 []"),
        ("run", ["x", "--rows", "29"], "2 []"),
        ("run", ["x", "--rows", "1000001"], "2 []"),
        ("run", ["x", "--param", "y"], "2 []"),
        ("upsert", ["--env", "dev"], "1 []"),
    ],
)
def test_help_and_usage_errors_load_nothing_heavy(command, arguments, expected):
    probe = PROBE.format(command=command, arguments=arguments)
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    assert ran.stderr.splitlines()[-1] == expected


def options(*, debug=False):
    return argparse.Namespace(debug=debug)


def raising(error):
    def work(_):
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (DeployError("No."), 1, "error: No.\n"),
        (UsageError("No."), 2, "error: No.\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (KeyError("x"), 1, "error: unexpected KeyError: 'x'; add --debug to see where\n"),
    ],
)
def test_every_error_becomes_one_line_and_an_exit_code(error, code, message, capsys):
    assert commands.run(raising(error), options()) == code
    assert capsys.readouterr().err == message


def test_a_python_without_the_packages_is_told_what_to_do(capsys):
    assert commands.run(raising(ModuleNotFoundError(name="rich")), options()) == 1
    error = capsys.readouterr().err
    assert error.startswith(
        f"error: this Python ({sys.executable}) does not have the package 'rich';"
    )
    assert error.endswith("run `make install` and use .venv/bin/python\n")


@pytest.mark.parametrize(
    "error", [DeployError("No."), KeyError("x"), ModuleNotFoundError(name="rich")]
)
def test_debug_lets_the_traceback_through(error):
    with pytest.raises(type(error)):
        commands.run(raising(error), options(debug=True))


def test_a_reader_that_leaves_early_is_no_error():
    script = "import sys; from pipelines.deploy import commands; import argparse\n"
    script += (
        "sys.exit(commands.run(lambda _: print('x' * 10**6) or 0, argparse.Namespace(debug=0)))"
    )
    ran = subprocess.run(
        f'set -o pipefail; {sys.executable} -c "{script}" | head -c 1',
        shell=True,
        executable="/bin/bash",
        capture_output=True,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
