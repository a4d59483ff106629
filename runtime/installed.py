"""Whether the packages of the extra `runtime` are there. Imports none of them, so that it can say so anywhere."""

from __future__ import annotations

import importlib.util

# Most are loaded late, by the jobs.
PACKAGES = (
    "boto3",
    "cheroot",
    "isal",
    "jinja2",
    "moto",
    "optuna",
    "plotly",
    "pyarrow",
    "sklearn",
    "threadpoolctl",
    "xgboost",
)


def check_installed() -> None:
    """Raise ModuleNotFoundError for a package that something would miss later."""
    for name in PACKAGES:
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
