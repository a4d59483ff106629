"""Parameters of the pipeline house-price."""

from __future__ import annotations

from dataclasses import dataclass, field

from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger

from params.baseline import BaselineParameters
from params.declaration import described


@dataclass(frozen=True)
class HousePriceParameters(BaselineParameters):
    rmse_threshold: ParameterFloat = field(
        metadata=described("the tuned model's test RMSE must be below this, in units of the label")
    )
    minimum_improvement: ParameterFloat = field(
        metadata=described("the tuned model's test RMSE must be below (1 - this) x the baseline's")
    )
    max_tuning_jobs: ParameterInteger = field(
        metadata=described("training jobs of the tuning job, 1 or more")
    )
    max_parallel_tuning_jobs: ParameterInteger = field(
        metadata=described("training jobs at a time, 1 or more")
    )
