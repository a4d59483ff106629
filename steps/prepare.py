"""Prepare: any house-price CSV -> train, validation and test rows for the algorithms."""

from __future__ import annotations

from params.baseline import BaselineParameters
from steps._base import ExactProcessingStep
from steps.algorithms.images import scikit_learn
from steps.context import Context
from steps.processing import INPUT, OUTPUT, ScriptJob

NAME = "Prepare"
# `features` is test without its label, for the batch transform; `manifest` says how columns became features.
OUTPUTS = ("train", "validation", "test", "features", "manifest")


def prepare(context: Context, parameters: BaselineParameters) -> ExactProcessingStep:
    """Split and encode the data at InputDataUri; the label comes first and there is no header."""
    job = ScriptJob(
        script="prepare.py",
        image_uri=scikit_learn(context.env.region),
        instance_type=parameters.processing_instance_type,
        inputs={"data": parameters.input_data_uri},
        outputs={name: context.output(NAME, name) for name in OUTPUTS},
        arguments={
            "--input": f"{INPUT}/data",
            "--output": OUTPUT,
            "--label-column": parameters.label_column,
            "--drop-columns": parameters.drop_columns,
            "--seed": parameters.seed,
        },
    )
    return ExactProcessingStep(
        NAME,
        job.request(context),
        description="Split and encode the data, label first, no header",
        cache=True,
    )
