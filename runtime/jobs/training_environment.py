"""The SM_* variables that a training script reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from runtime.jobs.hosts import Cluster
from runtime.jobs.script_mode import own_hyperparameters, script_of, value_of


def training_environment(
    document: Mapping[str, Any], cluster: Cluster, host: str, threads: int
) -> dict[str, str]:
    """Variables of one host of a training job, as AWS's training toolkit sets them; the request's own come last."""
    given = {name: value_of(text) for name, text in (document.get("HyperParameters") or {}).items()}
    script = script_of(document)
    hyperparameters = own_hyperparameters(given) if script else given
    channels = [channel["ChannelName"] for channel in document.get("InputDataConfig") or []]
    variables = {
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_INPUT_DIR": "/opt/ml/input",
        "SM_INPUT_CONFIG_DIR": "/opt/ml/input/config",
        "SM_OUTPUT_DIR": "/opt/ml/output",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_HPS": json.dumps(hyperparameters),
        **_host_variables(cluster, host),
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


def _host_variables(cluster: Cluster, host: str) -> dict[str, str]:
    group = cluster.group_of(host)
    return {
        "SM_HOSTS": json.dumps(cluster.hosts),
        "SM_CURRENT_HOST": host,
        "SM_CURRENT_INSTANCE_TYPE": group.instance_type,
        "SM_CURRENT_INSTANCE_GROUP": group.name,
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": json.dumps(list(group.hosts)),
        "SM_INSTANCE_GROUPS": json.dumps([one.name for one in cluster.groups]),
        "SM_NETWORK_INTERFACE_NAME": cluster.network_interface,
        "SM_RESOURCE_CONFIG": json.dumps(cluster.resource_config(host)),
    }


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", name.upper())
