"""The SM_* variables that a training script reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from runtime.jobs.container import HOST, resource_config
from runtime.jobs.script_mode import own_hyperparameters, script_of, value_of


def training_environment(document: Mapping[str, Any], threads: int) -> dict[str, str]:
    """Variables of one training job, as AWS's training toolkit sets them; the request's own come last."""
    given = {name: value_of(text) for name, text in (document.get("HyperParameters") or {}).items()}
    script = script_of(document)
    hyperparameters = own_hyperparameters(given) if script else given
    instance_type = (document.get("ResourceConfig") or {}).get("InstanceType", "local")
    channels = [channel["ChannelName"] for channel in document.get("InputDataConfig") or []]
    variables = {
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_INPUT_DIR": "/opt/ml/input",
        "SM_INPUT_CONFIG_DIR": "/opt/ml/input/config",
        "SM_OUTPUT_DIR": "/opt/ml/output",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_HPS": json.dumps(hyperparameters),
        "SM_HOSTS": json.dumps([HOST]),
        "SM_CURRENT_HOST": HOST,
        "SM_CURRENT_INSTANCE_TYPE": instance_type,
        "SM_NETWORK_INTERFACE_NAME": "eth0",
        "SM_RESOURCE_CONFIG": json.dumps(resource_config(instance_type)),
        "SM_NUM_CPUS": str(threads),
        "SM_NUM_GPUS": "0",
        "SM_LOG_LEVEL": "20",
        "TRAINING_JOB_NAME": document["TrainingJobName"],
        "TRAINING_JOB_ARN": document["TrainingJobArn"],
    }
    for channel in channels:
        variables[f"SM_CHANNEL_{_variable(channel)}"] = f"/opt/ml/input/data/{channel}"
    for name, value in hyperparameters.items():
        text = value if isinstance(value, str) else json.dumps(value)
        variables[f"SM_HP_{_variable(name)}"] = text
    if script:
        variables |= {
            "SM_MODULE_DIR": script.source or script.folder,
            "SM_MODULE_NAME": script.program.removesuffix(".py"),
            "SM_USER_ENTRY_POINT": script.program,
            "SM_USER_ARGS": json.dumps(script.arguments),
        }
    return {**variables, **(document.get("Environment") or {})}


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", name.upper())
