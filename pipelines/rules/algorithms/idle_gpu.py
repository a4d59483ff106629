from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import built_in, instances


class IdleGpu(Rule):
    """XGBoost trains on the processor of an instance that is paid for its GPU.

    In algorithm mode it uses a GPU only with tree_method gpu_hist; AWS advises general purpose instances (M5),
    as XGBoost is bound by memory.

    Wrong:
        {"HyperParameters": {"tree_method": "hist"}, "ResourceConfig": {"InstanceType": "ml.g5.xlarge"}}

    Right:
        {"HyperParameters": {"tree_method": "gpu_hist"}, "ResourceConfig": {"InstanceType": "ml.g5.xlarge"}}
    """

    code = "W8050"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            method = job.value_of("tree_method")
            idle = method in ("auto", "exact", "approx", "hist")
            if job.algorithm.name != "xgboost" or not job.is_described or not idle:
                continue
            for pointer, kind, _ in instances(subject, job.training):
                if isinstance(kind, str) and kind.startswith(("ml.g", "ml.p")):
                    yield Match(
                        f"{pointer}/InstanceType",
                        f"{kind} has a GPU, which tree_method {method} does not use; set tree_method to "
                        "gpu_hist, or take an instance without GPU, such as ml.m5.xlarge",
                    )
