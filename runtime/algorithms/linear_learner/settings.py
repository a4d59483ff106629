"""Hyperparameters as they arrive (texts) -> typed settings with the documented defaults filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.definition.algorithms.linear_learner import LOSSES, REGRESSOR, LinearLearner
from runtime.images._base import ClientFailure

_FACTS = LinearLearner()


@dataclass(frozen=True)
class Optimisation:
    """How the mini-batch phase steps; None = chosen by the algorithm (`auto`)."""

    optimizer: str
    learning_rate: float | None
    beta_1: float
    beta_2: float
    momentum: float
    bias_lr_mult: float
    use_lr_scheduler: bool
    lr_scheduler_step: int
    lr_scheduler_factor: float
    lr_scheduler_minimum_lr: float
    init_method: str
    init_scale: float
    init_sigma: float
    init_bias: float


@dataclass(frozen=True)
class Settings:
    """What one training job does; None = chosen by the algorithm (`auto`)."""

    predictor_type: str
    loss: str
    num_classes: int
    feature_dim: int | None
    huber_delta: float
    loss_insensitivity: float
    quantile: float
    margin: float
    normalize_data: bool
    normalize_label: bool
    unbias_data: bool
    unbias_label: bool
    num_point_for_scaler: int
    use_bias: bool
    epochs: int
    mini_batch_size: int
    num_models: int | None
    l1: float | None
    wd: float | None
    bias_wd_mult: float
    early_stopping_patience: int
    early_stopping_tolerance: float
    criterion: str
    f_beta: float
    target_precision: float
    target_recall: float
    num_calibration_samples: int
    positive_weight: float | None
    # Positives weigh as much as negatives; `positive_weight` is not used then.
    positive_balanced: bool
    accuracy_top_k: int
    balance_multiclass_weights: bool
    optimisation: Optimisation


class _Texts:
    """Looks values up by name: the given text, else the documented default."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._values = {
            known.name: known.default for known in _FACTS.hyperparameters if known.default
        } | dict(given)

    def text(self, name: str) -> str:
        return self._values[name]

    def number(self, name: str, auto: float = 0.0) -> float:
        return auto if self.text(name) == "auto" else float(self.text(name))

    def integer(self, name: str, auto: int = 0) -> int:
        return auto if self.text(name) == "auto" else int(self.text(name))

    def boolean(self, name: str, auto: bool = False) -> bool:
        return auto if self.text(name) == "auto" else self.text(name).lower() == "true"

    def optional(self, name: str) -> float | None:
        return None if self.text(name) == "auto" else float(self.text(name))


def read_settings(hyperparameters: Mapping[str, str]) -> Settings:
    """Check the hyperparameters against the facts and type them. Raises ClientFailure with all refusals."""
    refusals = _FACTS.refusals(hyperparameters)
    if refusals:
        raise schema_refusal(_service_text(hyperparameters), "; ".join(refusals))
    texts = _Texts(hyperparameters)
    return _settings(texts, tuned="_tuning_objective_metric" in hyperparameters)


def schema_refusal(service: str, ours: str) -> ClientFailure:
    """A refusal in the service's form: its words first, then what is wrong and what is allowed."""
    return ClientFailure(f"{service} (caused by ValidationError)\n\nCaused by: {ours}")


def unexpected(names: Iterable[str]) -> str:
    """What the service says of names that it does not know."""
    quoted = [f"u'{name}'" for name in sorted(names)]
    verb = "was" if len(quoted) == 1 else "were"
    return f"Additional properties are not allowed ({', '.join(quoted)} {verb} unexpected)"


def _service_text(hyperparameters: Mapping[str, str]) -> str:
    """What the service says: it validates a JSON schema and names the first kind of mistake only."""
    known = {name: _FACTS.hyperparameter(name) for name in sorted(hyperparameters)}
    unknown = [name for name, fact in known.items() if fact is None]
    if unknown:
        return unexpected(unknown)
    for name, fact in known.items():
        value = hyperparameters[name]
        if fact and fact.refusal(value):
            return f"u'{value}' is not valid under any of the given schemas"
    missing = [
        f"'{fact.name}'"
        for fact in _FACTS.hyperparameters
        if fact.required and fact.name not in hyperparameters
    ]
    if missing:
        return f"No value(s) were specified for {', '.join(missing)} which are required hyperparameter(s)"
    # What the service says of values that do not fit each other is not known.
    return "Hyperparameters do not fit each other"


def _settings(texts: _Texts, *, tuned: bool) -> Settings:
    predictor_type, loss = texts.text("predictor_type"), texts.text("loss")
    regression, use_bias = predictor_type == REGRESSOR, texts.boolean("use_bias")
    models = None if texts.text("num_models") == "auto" else texts.integer("num_models")
    positive = texts.text("positive_example_weight_mult")
    return Settings(
        predictor_type=predictor_type,
        loss=LOSSES[predictor_type][0] if loss == "auto" else loss,
        num_classes=texts.integer("num_classes"),
        feature_dim=None if texts.text("feature_dim") == "auto" else texts.integer("feature_dim"),
        huber_delta=texts.number("huber_delta"),
        loss_insensitivity=texts.number("loss_insensitivity"),
        quantile=texts.number("quantile"),
        margin=texts.number("margin"),
        normalize_data=texts.boolean("normalize_data", auto=True),
        # Documented: `true` is ignored for classification.
        normalize_label=regression and texts.boolean("normalize_label", auto=True),
        # Centring needs an intercept to take the mean up, hence its default.
        unbias_data=texts.boolean("unbias_data", auto=use_bias),
        unbias_label=regression and use_bias and texts.boolean("unbias_label", auto=True),
        num_point_for_scaler=texts.integer("num_point_for_scaler"),
        use_bias=use_bias,
        epochs=texts.integer("epochs"),
        mini_batch_size=texts.integer("mini_batch_size"),
        # Documented: under automatic tuning the internal search is off.
        num_models=1 if tuned else models,
        l1=texts.optional("l1"),
        wd=texts.optional("wd"),
        bias_wd_mult=texts.number("bias_wd_mult", auto=0.0),
        early_stopping_patience=texts.integer("early_stopping_patience"),
        early_stopping_tolerance=texts.number("early_stopping_tolerance"),
        criterion=texts.text("binary_classifier_model_selection_criteria"),
        f_beta=texts.number("f_beta"),
        target_precision=texts.number("target_precision"),
        target_recall=texts.number("target_recall"),
        num_calibration_samples=texts.integer("num_calibration_samples", auto=10_000_000),
        positive_weight=None if positive in ("balanced", "auto") else float(positive),
        positive_balanced=positive == "balanced",
        accuracy_top_k=texts.integer("accuracy_top_k"),
        balance_multiclass_weights=texts.boolean("balance_multiclass_weights"),
        optimisation=_optimisation(texts),
    )


def _optimisation(texts: _Texts) -> Optimisation:
    optimizer = texts.text("optimizer")
    given = texts.text("learning_rate") != "auto"
    return Optimisation(
        optimizer="adam" if optimizer == "auto" else optimizer,
        learning_rate=texts.optional("learning_rate"),
        beta_1=texts.number("beta_1", auto=0.9),
        beta_2=texts.number("beta_2", auto=0.999),
        momentum=texts.number("momentum", auto=0.9),
        bias_lr_mult=texts.number("bias_lr_mult", auto=1.0),
        use_lr_scheduler=texts.boolean("use_lr_scheduler"),
        # The three automatic values are those that logs of the service show, without and with a given rate.
        lr_scheduler_step=texts.integer("lr_scheduler_step", auto=10),
        lr_scheduler_factor=texts.number("lr_scheduler_factor", auto=0.98 if given else 0.99),
        lr_scheduler_minimum_lr=texts.number(
            "lr_scheduler_minimum_lr", auto=1e-5 if given else 1e-4
        ),
        init_method=texts.text("init_method"),
        init_scale=texts.number("init_scale"),
        init_sigma=texts.number("init_sigma"),
        init_bias=texts.number("init_bias"),
    )
