"""Batch transform jobs: every input object through a model, one output object each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runtime.api import ApiError
from runtime.clock import now
from runtime.images._base import Image
from runtime.jobs import container
from runtime.jobs._base import JobKind, JobStatus
from runtime.jobs.archives import UnsafeArchive, unpack
from runtime.jobs.container import JobFolder
from runtime.jobs.entry_point import run_predictor
from runtime.jobs.errors import JobFailed, JobStopped
from runtime.jobs.processes import ProcessEnd
from runtime.jobs.transform_request import environment, refusals, settings
from runtime.s3 import split_uri
from runtime.stop import StopSignal
from runtime.storage._base import Document, StorageError


class TransformJobs(JobKind):
    kind = "TransformJob"
    arn_kind = "transform-job"
    noun = "transform job"
    end_member = "TransformEndTime"

    def check(self, request: Document) -> None:
        model = self._model(request)
        image = self.workshop.catalog.find(_container(model)["Image"])
        if image.predictor is Image.predictor:
            raise ApiError(
                "ValidationException",
                f"The local runtime cannot serve models of the image family '{image.name}'.",
            )
        found = [*refusals(request)]
        if found:
            raise ApiError("ValidationException", " ".join(found))

    def work(self, document: Document, stop: StopSignal) -> Document:
        folder = self.workshop.folder(self.kind, document[self.name_member])
        try:
            folder.create()
            model = _container(self._model(document))
            objects = self._prepare(document, model, folder)
            self.set(document[self.name_member], TransformStartTime=now())
            image = self.workshop.catalog.find(model["Image"])
            variables = environment(document, model)
            end = run_predictor(self.workshop, folder, image, variables, stop)
            return self._results(objects, folder, end)
        finally:
            folder.remove()

    def _prepare(
        self, document: Document, model: Mapping[str, Any], folder: JobFolder
    ) -> dict[str, str]:
        """Bring in the model and the inputs; the output URI of every result file, by its name."""
        objects = self.workshop.objects
        output = document["TransformOutput"]["S3OutputPath"]
        container.check_bucket(objects, output)
        if model.get("ModelDataUrl"):
            try:
                archive = objects.get(*split_uri(model["ModelDataUrl"]))
                unpack(archive.path, folder.root / "model")
            except (StorageError, ValueError, UnsafeArchive) as error:
                raise JobFailed(
                    f"ClientError: the model at {model['ModelDataUrl']} cannot be read: {error}"
                ) from error
        source = document["TransformInput"]["DataSource"]["S3DataSource"]
        results = {}
        records = []
        for number, (stored, name) in enumerate(container.located(objects, source)):
            result = f"{number:06d}.out"
            results[result] = f"{output.rstrip('/')}/{name}.out"
            place = f"{stored.bucket}/{stored.key}"
            records.append(
                {"input": str(stored.path), "output": result, "name": name, "place": place}
            )
        folder.write_json("transform.json", {**settings(document), "records": records})
        (folder.root / "output/transform").mkdir()
        return results

    def _results(self, results: dict[str, str], folder: JobFolder, end: ProcessEnd) -> Document:
        """Store what was transformed as a whole, however the process ended."""
        for name, uri in results.items():
            path = folder.root / "output/transform" / name
            if path.is_file():
                container.upload_file(self.workshop.objects, path, uri)
        if end.stopped:
            raise JobStopped
        if end.exit_code != 0:
            reason = folder.read("output/failure")
            return self._failed(reason or f"AlgorithmError: exit code: {end.exit_code}")
        return {self.status_member: JobStatus.COMPLETED}

    def _model(self, request: Document) -> Document:
        name = request["ModelName"]
        model = self.workshop.records.get("Model", name)
        if model is None:
            raise ApiError("ValidationException", f'Could not find model "{name}".')
        return model


def _container(model: Mapping[str, Any]) -> Mapping[str, Any]:
    containers = model.get("Containers") or []
    if len(containers) > 1:
        raise ApiError(
            "ValidationException",
            f"The local runtime serves models of one container, but this one has {len(containers)} "
            "(an inference pipeline).",
        )
    primary: Mapping[str, Any] = model.get("PrimaryContainer") or (containers or [{}])[0]
    if "Image" not in primary:
        raise ApiError("ValidationException", "The model names no container image.")
    return primary
