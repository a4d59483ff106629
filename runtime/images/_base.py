"""One family of container images, served by Python on this machine instead of Docker.

`train` and the predictor run in a child process of their own. `root` is the folder that stands for /opt/ml.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from pipelines.definition.algorithms._base import Algorithm

# The variable that tells a training of several hosts the folder in which they can leave notes for each other.
MEETING = "SAGEMAKER_LOCAL_MEETING"
# Where a training process finds the URI of its image: a family may serve several versions.
IMAGE_VARIABLE = "TRAINING_IMAGE"


class AlgorithmFailure(Exception):
    """The algorithm refuses its input or configuration: the text of the failure file, nothing else."""


class InvocationRefused(AlgorithmFailure):
    """The container would answer a request with this HTTP status and the text."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


@dataclass(frozen=True)
class ExecutionParameters:
    """What a container's GET /execution-parameters says; the defaults are those of a container that says nothing."""

    max_concurrent_transforms: int = 1
    batch_strategy: str = "MultiRecord"
    max_payload_in_mb: int = 6


class ClientFailure(AlgorithmFailure):
    """The customer's mistake, for images that tell it apart: the job's reason says ClientError."""


class Predictor(Protocol):
    @property
    def parameters(self) -> ExecutionParameters: ...

    def predict(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """Answer one POST /invocations: (body, content type). Raises AlgorithmFailure."""


class Image(ABC):
    """Subclass = one file; found by any of `repositories` in the image's URI.

    Override what the family can do: `train` for built-in algorithms, `predictor` for batch transform;
    `runs_scripts` says that a job may give an entry point that this machine's Python runs.
    """

    name: ClassVar[str]
    repositories: ClassVar[tuple[str, ...]]
    # Facts of the built-in algorithm: its metrics are extracted from the log and cannot be overridden.
    algorithm: ClassVar[Algorithm | None] = None
    runs_scripts: ClassVar[bool] = False
    # Whether `load_data` is there: the training jobs of a tuning job then share what it loads. One process runs several
    # of them one after the other, so training changes nothing that the next one in its process would notice.
    shares_data: ClassVar[bool] = False
    # Whether its own training shares the work between hosts; else the first one does it all, on all the data.
    distributes: ClassVar[bool] = False
    # Modules the fork server imports once, so that a job starts in milliseconds.
    preload: ClassVar[tuple[str, ...]] = ()

    def train(self, root: Path) -> None:
        """Run a training container: read root/input, print the log, write root/model. Raises AlgorithmFailure."""
        raise AlgorithmFailure(f"the image family '{self.name}' has no training of its own here")

    def load_data(self, root: Path) -> None:
        """Read root/input/data into memory for several trainings (`runtime.jobs.nest.keep`). Raises AlgorithmFailure.

        Of the hyperparameters only the static ones of a tuning job are there.
        """
        raise NotImplementedError

    def predictor(self, model: Path, environment: Mapping[str, str]) -> Predictor:
        """Load the unpacked model folder for serving. Raises AlgorithmFailure."""
        raise AlgorithmFailure(f"the image family '{self.name}' cannot serve a model here")
