"""Reads the TOML of one environment: collects every problem, each naming file and key, instead of stopping at the first."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from params import infra, jobs
from pipelines.definition.check import near
from pipelines.definition.values import Value

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
# IAM's own pattern for a role, as the SageMaker API checks it.
_ROLE = re.compile(r"arn:aws[a-z\-]*:iam::(\d{12}):role/?[a-zA-Z_0-9+=,.@\-_/]+")
_BUCKET = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9_.\-]+(/[A-Za-z0-9_.\-]+)*")
_PIPELINE = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}")
_PARAMETER = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_PLACE = re.compile(r"\{(\w*)\}")
# Of the 50 that a pipeline may have, five are ours: who deployed it from what, and the suffix of a branch.
_TAG_LIMIT = 45
# In the ARN of a role that `pipelines.bootstrap` has yet to make.
NO_ACCOUNT = "0" * 12

# setting -> (pattern, what is allowed, in words)
_TEXTS = {
    "region": (_REGION, "an AWS region such as us-east-1"),
    "role_arn": (_ROLE, "the ARN of a role such as arn:aws:iam::123456789012:role/NAME"),
    "bucket": (_BUCKET, "a bucket name: 3 to 63 lower-case letters, digits, dots, hyphens"),
    "prefix": (_PREFIX, "an S3 key prefix without a slash at either end"),
    "runtime": (re.compile(r"[^\0]*"), 'a directory, or "" to talk to AWS'),
}
# Without them nothing is guarded or tracked, and the credentials are those of the process.
_OPTIONAL_TEXTS = {
    "account": (re.compile(r"(\d{12})?", re.ASCII), 'the 12 digits of an account, or ""'),
    "profile": (re.compile(r"[^\0\n]*"), 'a profile of the AWS configuration, or ""'),
    "mlflow": (
        re.compile(
            r"off|local|arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]+:\d{12}:mlflow-(app|tracking-server)/\S{1,256}",
            re.ASCII,
        ),
        "off, local, or the ARN of an MLflow app or tracking server in SageMaker",
    ),
}
_TABLES = ("tags", "disabled_rules", "parameters")
# Only who deploys the infrastructure needs the one; the other is for who needs more than the service's defaults.
_OPTIONAL_TABLES = ("infra", "jobs")


class InvalidEnvironment(ValueError):
    """The settings cannot be used; carries every problem found, each naming file and key."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def refusal(setting: str, value: object) -> str | None:
    """Why a setting that is a text (`region`, `role_arn`, `bucket` ...) cannot have this value; None when it can."""
    pattern, allowed = (_TEXTS | _OPTIONAL_TEXTS)[setting]
    if isinstance(value, str) and pattern.fullmatch(value):
        return None
    return f"must be {allowed} but got {value!r}"


class Reader:
    """Collects problems instead of stopping at the first."""

    def __init__(self, file: str, variables: Mapping[str, str]) -> None:
        self.file = file
        self.variables = variables
        self.problems: list[str] = []

    def read(self, path: Path) -> dict[str, Any]:
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self._problem(f"not TOML: {error}")
        self.stop_if_wrong()
        return {}

    def expand(self, value: Any, path: str = "") -> Any:
        """Replace `${NAME}` and `${NAME:-default}` in every text."""
        if isinstance(value, dict):
            return {
                key: self.expand(member, f"{path}.{key}".lstrip("."))
                for key, member in value.items()
            }
        if isinstance(value, list):
            return [self.expand(member, path) for member in value]
        if not isinstance(value, str):
            return value
        return _VARIABLE.sub(lambda match: self._variable(match, path), value)

    def check(self, settings: Mapping[str, Any]) -> None:
        known = (*_TEXTS, *_OPTIONAL_TEXTS, *_TABLES, *_OPTIONAL_TABLES)
        for key in settings.keys() - set(known):
            self._problem(f"unknown setting '{key}'{near(key, known)}")
        for key in (*_TEXTS, *_TABLES):
            if key not in settings:
                self._problem(f"'{key}' is missing")
        for key in (*_TEXTS, *_OPTIONAL_TEXTS):
            if key in settings:
                self._text(key, settings[key])
        for key in (*_TABLES, *_OPTIONAL_TABLES):
            if not isinstance(settings.get(key, {}), dict):
                self._problem(f"'{key}' must be a table but got {settings[key]!r}")
        self._tags(settings.get("tags"))
        self._disabled_rules(settings.get("disabled_rules"))
        self._parameters(settings.get("parameters"))
        self._account(settings)
        for name, problems in (("infra", infra.problems), ("jobs", jobs.problems)):
            for problem in problems(settings[name]) if name in settings else ():
                self._problem(problem)

    def fill(self, settings: Mapping[str, Any]) -> Mapping[str, Mapping[str, Value]]:
        """Put bucket and prefix where a parameter's text says `{bucket}` and `{prefix}`."""
        places = {"bucket": settings["bucket"], "prefix": settings["prefix"]}
        return MappingProxyType(
            {
                pipeline: MappingProxyType(
                    {
                        name: self._fill(value, f"parameters.{pipeline}.{name}", places)
                        for name, value in values.items()
                    }
                )
                for pipeline, values in settings["parameters"].items()
            }
        )

    def stop_if_wrong(self) -> None:
        if self.problems:
            raise InvalidEnvironment(self.problems)

    def _variable(self, match: re.Match[str], path: str) -> str:
        name, default = match.groups()
        value = self.variables.get(name) or default
        if value is None:
            self._problem(
                f"'{path}' comes from the variable {name}, which is not set; export it "
                f"(python -m pipelines.bootstrap --env {Path(self.file).stem} records what the stacks made)"
            )
            return match.group()
        return value

    def _text(self, key: str, value: object) -> None:
        if isinstance(value, str) and _VARIABLE.search(value):
            return  # an unset variable has been reported already
        if problem := refusal(key, value):
            self._problem(f"'{key}' {problem}")

    def _account(self, settings: Mapping[str, Any]) -> None:
        account, role = settings.get("account"), settings.get("role_arn")
        if not account or not isinstance(account, str) or not isinstance(role, str):
            return
        # A pipeline takes only roles of its own account.
        match = _ROLE.fullmatch(role)
        if match and match.group(1) not in (account, NO_ACCOUNT):
            self._problem(f"'role_arn' is of account {match.group(1)}, but 'account' is {account}")

    def _tags(self, tags: object) -> None:
        if not isinstance(tags, dict):
            return
        if len(tags) > _TAG_LIMIT:
            self._problem(f"'tags' may have at most {_TAG_LIMIT} entries but has {len(tags)}")
        for key, value in tags.items():
            if not 1 <= len(key) <= 128 or key.startswith("aws:"):
                self._problem(f"tag key '{key}' must have 1 to 128 characters and no 'aws:' before")
            if not isinstance(value, str) or len(value) > 256:
                self._problem(f"'tags.{key}' must be a text up to 256 characters but got {value!r}")

    def _disabled_rules(self, rules: object) -> None:
        for code, reason in rules.items() if isinstance(rules, dict) else ():
            if not isinstance(reason, str) or not reason.strip():
                self._problem(
                    f"'disabled_rules.{code}' must be the reason, as a text, but got {reason!r}"
                )

    def _parameters(self, parameters: object) -> None:
        if not isinstance(parameters, dict):
            return
        for pipeline, values in parameters.items():
            if not _PIPELINE.fullmatch(pipeline):
                self._problem(
                    f"'parameters.{pipeline}': not a pipeline name (letters, digits, '-')"
                )
            if isinstance(values, dict):
                for problem in _parameter_problems(f"parameters.{pipeline}", values):
                    self._problem(problem)
            else:
                self._problem(f"'parameters.{pipeline}' must be a table but got {values!r}")

    def _fill(self, value: Value, path: str, places: Mapping[str, str]) -> Value:
        if not isinstance(value, str):
            return value
        for name in _PLACE.findall(value):
            if name not in places:
                self._problem(f"'{path}': {{{name}}} stands for nothing{near(name, places)}")
        return _PLACE.sub(lambda match: places.get(match.group(1), match.group()), value)

    def _problem(self, message: str) -> None:
        self.problems.append(f"{self.file}: {message}")


def _parameter_problems(path: str, values: Mapping[str, object]) -> Iterator[str]:
    for name, value in values.items():
        if not _PARAMETER.fullmatch(name):
            yield f"'{path}.{name}': a parameter name is 1 to 64 letters, digits, '-' and '_'"
        if not isinstance(value, str | int | float | bool):
            yield f"'{path}.{name}' must be a text, number or boolean but got {value!r}"
