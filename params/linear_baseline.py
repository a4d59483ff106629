"""Parameters of the pipeline linear-baseline."""

from __future__ import annotations

from dataclasses import dataclass, field

from sagemaker.core.workflow.parameters import ParameterFloat

from params.baseline import BaselineParameters
from params.declaration import described


@dataclass(frozen=True)
class LinearBaselineParameters(BaselineParameters):
    mae_threshold: ParameterFloat = field(
        metadata=described(
            "the model's mean absolute error on test rows must be below this, in units of the label"
        )
    )
