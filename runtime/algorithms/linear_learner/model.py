"""The model: weights in original units, and the file that keeps them.

`model_algo-1` has the service's name but not its (undocumented) format: it is a NumPy zip archive (npz) with
`weights` (features x outputs, float64), `bias` (outputs) and `meta`, one JSON text: format, predictor_type,
loss, threshold (on the raw margin), f_beta, top_k, objective. No pickled objects.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from runtime.algorithms.linear_learner.losses import Array
from runtime.images._base import AlgorithmFailure

FILE = "model_algo-1"
_FORMAT = "linear-learner-npz-1"


@dataclass(frozen=True)
class Meta:
    """`threshold` splits the raw margin of a binary classifier; `objective` is the loss's name in the log."""

    predictor_type: str
    loss: str
    objective: str
    threshold: float
    f_beta: float
    top_k: int


@dataclass(frozen=True)
class Model:
    weights: Array
    bias: Array
    meta: Meta

    def raw(self, features: Array) -> Array:
        """Rows by outputs: the prediction of a regressor, the margin or logits of a classifier."""
        return np.asarray(features @ self.weights + self.bias)


def save(model: Model, folder: Path) -> None:
    """Write the model file; the same model gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    meta = json.dumps({"format": _FORMAT, **asdict(model.meta)}, sort_keys=True)
    with (folder / FILE).open("wb") as file:
        np.savez(file, weights=model.weights, bias=model.bias, meta=np.array(meta))


def load(folder: Path) -> Model:
    """Read the model file of an unpacked artifact. Raises AlgorithmFailure."""
    path = folder / FILE
    if not path.is_file():
        raise AlgorithmFailure(
            f"the model artifact has no file '{FILE}'; was it made by LinearLearner?"
        )
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            weights, bias = archive["weights"], archive["bias"]
            meta = json.loads(str(archive["meta"]))
        if meta.pop("format") != _FORMAT:
            raise ValueError(f"it is not of format {_FORMAT}")
        model = Model(weights, bias, Meta(**meta))
        if weights.ndim != 2 or bias.shape != (weights.shape[1],):
            raise ValueError(f"weights {weights.shape} and bias {bias.shape} do not fit")
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OSError,
        EOFError,
        zipfile.BadZipFile,
    ) as error:
        raise AlgorithmFailure(
            f"the model file '{FILE}' cannot be read: {error}; a model trained on SageMaker itself "
            "has a format of its own and is served there only"
        ) from error
    return model
