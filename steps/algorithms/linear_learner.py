"""LinearLearner, built into the service."""

from __future__ import annotations

from typing import Literal, TypedDict, Unpack

from pipelines.definition.algorithms.linear_learner import LinearLearner
from steps.algorithms.estimator import Estimator, JobSettings
from steps.algorithms.hyperparameters import checked
from steps.algorithms.images import image_uri
from steps.algorithms.values import Auto, Boolean, Integer, Number, Text

_ALGORITHM = LinearLearner()


class Hyperparameters(TypedDict, total=False):
    """Every documented hyperparameter; ranges and defaults are in pipelines/definition/algorithms."""

    accuracy_top_k: Integer
    balance_multiclass_weights: Boolean
    beta_1: Number | Auto
    beta_2: Number | Auto
    bias_lr_mult: Number | Auto
    bias_wd_mult: Number | Auto
    binary_classifier_model_selection_criteria: Text
    early_stopping_patience: Integer
    early_stopping_tolerance: Number
    epochs: Integer
    f_beta: Number
    feature_dim: Integer | Auto
    huber_delta: Number
    init_bias: Number
    init_method: Text
    init_scale: Number
    init_sigma: Number
    l1: Number | Auto
    learning_rate: Number | Auto
    loss: Text
    loss_insensitivity: Number
    lr_scheduler_factor: Number | Auto
    lr_scheduler_minimum_lr: Number | Auto
    lr_scheduler_step: Integer | Auto
    margin: Number
    mini_batch_size: Integer
    momentum: Number | Auto
    normalize_data: Boolean | Auto
    normalize_label: Boolean | Auto
    num_calibration_samples: Integer | Auto
    num_classes: Integer
    num_models: Integer | Auto
    num_point_for_scaler: Integer
    optimizer: Text
    positive_example_weight_mult: Number | Auto | Literal["balanced"]
    predictor_type: Text
    quantile: Number
    target_precision: Number
    target_recall: Number
    unbias_data: Boolean | Auto
    unbias_label: Boolean | Auto
    use_bias: Boolean
    use_lr_scheduler: Boolean
    wd: Number | Auto


def linear_learner(
    settings: JobSettings, *, version: str = "1", **hyperparameters: Unpack[Hyperparameters]
) -> Estimator:
    """Configure LinearLearner. Raises InvalidEstimator naming every hyperparameter it would refuse."""
    image = image_uri(_ALGORITHM.name, settings.region, version)
    return Estimator(image, settings, checked(_ALGORITHM, hyperparameters), _ALGORITHM)
