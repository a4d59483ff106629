"""The door to MLflow: the one file that imports it, and only when something is tracked.

The store is a SQLite file in the state directory, artifacts lie beside it: no server is needed to write, and
`mlflow ui --backend-store-uri sqlite:///.sagemaker/mlflow.db` shows it.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.deploy.errors import DeployError
from pipelines.deploy.tracking.records import Model, Record, Run

_EXECUTION, _STATE = "sagemaker.execution", "sagemaker.state"
_PARENT = "mlflow.parentRunId"
# Of one call to the store.
_MOST_METRICS, _MOST_PARAMETERS = 1000, 100


class TrackingUnavailable(DeployError):
    """MLflow is not installed, or its store cannot be used."""


@dataclass(frozen=True)
class Logged:
    """`new` is False when the execution was logged before, as it is."""

    run_id: str
    new: bool


def database(directory: Path) -> Path:
    """The store's file in a state directory."""
    return directory / "mlflow.db"


def log(directory: Path, record: Record, files: Mapping[str, str]) -> Logged:
    """Log an execution, unless it is there already; `files` are texts to keep with it, by name.

    What was logged of it in another state, or only in part, is replaced. Raises TrackingUnavailable.
    """
    with _opened(directory) as client:
        store = _Store(client, directory)
        experiment = store.experiment(record.experiment)
        before = store.runs(experiment, record.execution)
        for run in before:
            if run.data.tags.get(_STATE) == record.state:
                return Logged(str(run.info.run_id), new=False)
        for run in before:
            client.delete_run(run.info.run_id)
        run_id = store.log(experiment, record.run, {_EXECUTION: record.execution})
        for name, text in files.items():
            client.log_text(run_id, text, name)
        if record.model:
            store.register(record.model, run_id)
        # Last: without it a run counts as cut off.
        client.set_tag(run_id, _STATE, record.state)
        return Logged(run_id, new=True)


@contextmanager
def _opened(directory: Path) -> Iterator[Any]:
    # It would report its use over the network; and its news about tables are no news to our users.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # Not at the top: it takes seconds, and most environments do without.
            from mlflow import MlflowClient
            from mlflow.exceptions import MlflowException
            from sqlalchemy.exc import SQLAlchemyError
        except ImportError as error:
            raise TrackingUnavailable(
                f"tracking needs '{error.name}', which is not installed; install the extra: "
                "pip install '.[tracking]'"
            ) from error
        path = database(directory)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            uri = f"sqlite:///{path.resolve()}"
            yield MlflowClient(tracking_uri=uri, registry_uri=uri)
        except (MlflowException, SQLAlchemyError, OSError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise TrackingUnavailable(f"MLflow's store {path} cannot be used: {reason}") from error


class _Store:
    def __init__(self, client: Any, directory: Path) -> None:
        self._client = client
        self._directory = directory

    def experiment(self, name: str) -> str:
        """The id of the experiment, made when it is not there."""
        found = self._client.get_experiment_by_name(name)
        if found is not None and found.lifecycle_stage == "deleted":
            self._client.restore_experiment(found.experiment_id)
        if found is not None:
            return str(found.experiment_id)
        artifacts = (self._directory / "mlflow-artifacts" / name).resolve().as_uri()
        return str(self._client.create_experiment(name, artifact_location=artifacts))

    def runs(self, experiment: str, execution: str) -> list[Any]:
        """Every run of the execution, its children among them."""
        found, token = [], None
        while True:
            wanted = f"tags.`{_EXECUTION}` = '{execution}'"
            page = self._client.search_runs([experiment], wanted, page_token=token)
            found += page
            token = page.token
            if not token:
                return found

    def log(self, experiment: str, run: Run, tags: Mapping[str, str]) -> str:
        """Log a run and those below it; the id."""
        made = self._client.create_run(
            experiment, _milliseconds(run.started), {**tags, **run.tags}, run.name
        )
        run_id = str(made.info.run_id)
        self._values(run_id, run)
        for child in run.children:
            self.log(experiment, child, {**tags, _PARENT: run_id})
        self._client.set_terminated(run_id, run.status, _milliseconds(run.ended))
        return run_id

    def register(self, model: Model, run_id: str) -> None:
        """Add a version, unless the model package has one."""
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(model.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        versions = self._client.search_model_versions(f"name = '{model.name}'")
        if not any(model.tags.items() <= dict(each.tags).items() for each in versions):
            self._client.create_model_version(model.name, model.source, run_id, model.tags)

    def _values(self, run_id: str, run: Run) -> None:
        from mlflow.entities import Metric, Param

        parameters = [Param(name, value) for name, value in run.parameters.items()]
        for start in range(0, len(parameters), _MOST_PARAMETERS):
            self._client.log_batch(run_id, params=parameters[start : start + _MOST_PARAMETERS])
        at = _milliseconds(run.ended)
        metrics = [
            Metric(name, value, at, step)
            for name, points in run.metrics.items()
            for step, value in points
        ]
        for start in range(0, len(metrics), _MOST_METRICS):
            self._client.log_batch(run_id, metrics=metrics[start : start + _MOST_METRICS])


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
