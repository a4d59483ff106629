from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

from runtime.installed import PACKAGES

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())


def test_the_packages_looked_for_are_those_of_the_extra() -> None:
    extra = PROJECT["project"]["optional-dependencies"]["runtime"]
    wanted = {re.split(r"[\[=]", requirement)[0] for requirement in extra}
    owners = importlib.metadata.packages_distributions()
    found = {owner.lower() for name in PACKAGES for owner in owners[name]}
    assert found == {"boto3"} | wanted
