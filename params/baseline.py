"""Parameters that every pipeline with a linear model on house prices takes."""

from __future__ import annotations

from dataclasses import dataclass, field

from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString

from params.declaration import described
from pipelines.definition.algorithms.linear_learner import LOSSES, REGRESSOR


@dataclass(frozen=True)
class BaselineParameters:
    input_data_uri: ParameterString = field(
        metadata=described("S3 URI of a CSV file with a header, or of a prefix with many")
    )
    label_column: ParameterString = field(metadata=described("name of the column to predict"))
    drop_columns: ParameterString = field(
        metadata=described("columns to leave out, separated by commas; 'none' keeps all")
    )
    training_instance_type: ParameterString = field(
        metadata=described("instance type of training and transform")
    )
    processing_instance_type: ParameterString = field(
        metadata=described("instance type of processing")
    )
    model_approval_status: ParameterString = field(
        metadata=described(
            "approval status of a registered model",
            allowed=("Approved", "Rejected", "PendingManualApproval"),
        )
    )
    loss: ParameterString = field(
        metadata=described("loss of LinearLearner", allowed=LOSSES[REGRESSOR])
    )
    learning_rate: ParameterFloat = field(
        metadata=described("learning rate of LinearLearner, above 0")
    )
    l2: ParameterFloat = field(metadata=described("weight of the L2 penalty, 0 or more"))
    l1: ParameterFloat = field(metadata=described("weight of the L1 penalty, 0 or more"))
    seed: ParameterInteger = field(
        metadata=described("seed of the data split and of tuning, 0 or more")
    )
