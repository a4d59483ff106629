"""Print what `exec` sets, for a shell: eval "$(python -m runtime env)"."""

from __future__ import annotations

import argparse
import os
import shlex

from runtime.client_environment import client_variables, misleading_variables
from runtime.commands._shared import add_data_option, fail
from runtime.lock import owner
from runtime.settings import Settings

HELP = "print the variables that point a shell's AWS clients at the runtime that serves now"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)


def run(options: argparse.Namespace) -> int:
    """Exit code 1 when nothing serves the directory: then nothing is printed that a shell could take."""
    found = owner(options.data)
    if found is None or found.url is None:
        return fail(
            f"no runtime serves the state directory {options.data}; start one with "
            f"`python -m runtime --data {shlex.quote(str(options.data))}`, or put "
            "`python -m runtime exec --` in front of a command"
        )
    for name in misleading_variables(os.environ):
        print(f"unset {name}")
    for name, value in client_variables(found.url, Settings().region, os.environ).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0
