"""Training jobs with an InstanceCount: sharded data, one model, one log a host, one end."""

from __future__ import annotations

import io
import os
import signal
import tarfile
import uuid
from pathlib import Path
from typing import Any

import pytest
import xgboost as xgb

from runtime.api import ApiError

SETTINGS = {"num_round": "20", "objective": "reg:squarederror", "eval_metric": "rmse,mphe"}
ENDLESS = {**SETTINGS, "num_round": "1000000"}


def resources(count: int) -> dict[str, Any]:
    return {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 1}


def sharded(local: Any, *texts: str, name: str = "train") -> dict[str, Any]:
    """A channel whose objects are dealt to the hosts in the order of these texts."""
    prefix = f"shards/{uuid.uuid4().hex}"
    for number, text in enumerate(texts):
        local.put(f"{prefix}/{number}.csv", text)
    channel = local.channel(name, f"s3://{local.bucket}/{prefix}/")
    channel["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    return dict(channel)


def rows(local: Any, seed: int) -> str:
    return str(local.read(local.data(seed)).decode())


def start(local: Any, name: str, hosts: int, **request: Any) -> None:
    request = local.training(**{"ResourceConfig": resources(hosts), **request})
    local.call("CreateTrainingJob", TrainingJobName=name, **request)


def train(local: Any, name: str, hosts: int, **request: Any) -> dict[str, Any]:
    start(local, name, hosts, **request)
    return dict(local.ended("TrainingJob", name))


def log(local: Any, name: str, host: str) -> str:
    path = local.directory / f"state/jobs/TrainingJob/{name}/log-{host}"
    return str(path.read_text()) if path.exists() else ""


def artifact(local: Any, job: dict[str, Any], kind: str = "model.tar.gz") -> dict[str, bytes]:
    """The files of an archive that a job left."""
    assert "FailureReason" not in job, job["FailureReason"]
    uri = f"s3://{local.bucket}/models/{job['TrainingJobName']}/output/{kind}"
    with tarfile.open(fileobj=io.BytesIO(local.read(uri))) as archive:
        return {name: archive.extractfile(name).read() for name in archive.getnames()}  # type: ignore[union-attr]


def metrics(job: dict[str, Any]) -> dict[str, float]:
    return {entry["MetricName"]: entry["Value"] for entry in job["FinalMetricDataList"]}


def processes(local: Any) -> set[int]:
    """What the fork server of this runtime has as children."""
    server = local.runtime.jobs._processes._server._process.pid
    return {int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()}


def network(pid: int) -> int:
    return Path(f"/proc/{pid}/ns/net").stat().st_ino


def left_behind(local: Any, name: str) -> list[str]:
    home = local.directory / f"state/jobs/TrainingJob/{name}"
    return sorted(path.name for path in home.iterdir() if not path.name.startswith("log"))


@pytest.fixture(scope="module")
def four(local: Any) -> list[str]:
    return [rows(local, seed) for seed in (11, 12, 13, 14)]


@pytest.fixture(scope="module")
def alone(local: Any, four: list[str]) -> dict[str, Any]:
    """The job that all others are measured by: one host, all the data."""
    channels = [sharded(local, *four), local.channel("validation", local.data(15))]
    return train(local, "alone", 1, HyperParameters=SETTINGS, InputDataConfig=channels)


@pytest.mark.parametrize(("hosts", "idle"), [(2, None), (3, "algo-1"), (3, "algo-2")])
def test_hosts_with_shards_train_what_one_host_would(
    hosts: int, idle: str | None, local: Any, four: list[str], alone: dict[str, Any]
) -> None:
    texts = [four[0] + four[1], four[2] + four[3]]
    if idle:
        texts.insert(int(idle[-1]) - 1, "")
    validation = local.channel("validation", local.data(15))
    name = f"several-{hosts}-{idle}"
    channels = [sharded(local, *texts), validation]
    job = train(local, name, hosts, HyperParameters=SETTINGS, InputDataConfig=channels)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert metrics(job) == pytest.approx(metrics(alone), rel=0.01)
    logs = [local.log("TrainingJob", name), *(log(local, name, f"algo-{n}") for n in (2, 3))]
    leader = 1 if idle == "algo-1" else 0
    assert ["[19]\ttrain-" in text for text in logs] == [at == leader for at in range(3)]
    if idle:
        assert f"Host {idle} has no training data" in logs[int(idle[-1]) - 1]
    models = [
        xgb.Booster(model_file=bytearray(artifact(local, one)["xgboost-model"]))
        for one in (alone, job)
    ]
    assert [model.num_boosted_rounds() for model in models] == [20, 20]
    assert left_behind(local, name) == []
    assert processes(local) == set()


def test_the_data_of_one_host_is_the_reason_of_the_jobs_failure(
    local: Any, four: list[str]
) -> None:
    channel = sharded(local, four[0], "1,2,3\n1,x,3\n")
    job = train(local, "bad-data", 2, HyperParameters=SETTINGS, InputDataConfig=[channel])
    assert job["FailureReason"].startswith("AlgorithmError: Failed to load csv data with exception")
    assert "1.csv, row 2, column 2: 'x' is not a number" in job["FailureReason"]
    assert left_behind(local, "bad-data") == []
    assert processes(local) == set()


def test_the_host_that_fails_first_while_training_is_the_reason(local: Any) -> None:
    sound = "0,1\n1,2\n0,3\n"
    channel = sharded(local, sound, "0,1\n0,3\n2,2\n", sound)
    settings = {"num_round": "5", "objective": "binary:logistic"}
    job = train(local, "bad-label", 3, HyperParameters=settings, InputDataConfig=[channel])
    assert "label must be in [0,1] for logistic regression" in job["FailureReason"]
    assert processes(local) == set()


def test_without_training_data_on_any_host_the_job_fails(local: Any) -> None:
    channel = sharded(local, "", "\n")
    job = train(local, "no-data", 2, HyperParameters=SETTINGS, InputDataConfig=[channel])
    assert job["FailureReason"].startswith("AlgorithmError: No hosts received training data.")


@pytest.mark.parametrize("keeps", [False, True])
def test_a_stop_reaches_all_hosts(keeps: bool, local: Any, four: list[str]) -> None:
    name = f"stopped-{keeps}"
    settings = {**ENDLESS, "save_model_on_termination": str(keeps).lower()}
    start(local, name, 2, HyperParameters=settings, InputDataConfig=[sharded(local, *four)])
    local.wait_for(lambda: "[5]\t" in local.log("TrainingJob", name))
    assert len(processes(local)) == 2
    local.call("StopTrainingJob", TrainingJobName=name)
    job = local.ended("TrainingJob", name)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert ("ModelArtifacts" in job) is keeps
    assert left_behind(local, name) == []
    assert processes(local) == set()


def test_a_host_that_is_killed_ends_the_job(local: Any, four: list[str]) -> None:
    start(local, "killed", 3, HyperParameters=ENDLESS, InputDataConfig=[sharded(local, *four)])
    local.wait_for(lambda: "[5]\t" in local.log("TrainingJob", "killed"))
    os.kill(max(processes(local)), signal.SIGKILL)
    job = local.ended("TrainingJob", "killed")
    assert job["FailureReason"] == "AlgorithmError: , exit code: 137"
    assert processes(local) == set()


def test_nobody_outside_of_the_job_reaches_the_ports_of_its_hosts(
    local: Any, four: list[str]
) -> None:
    start(local, "apart", 2, HyperParameters=ENDLESS, InputDataConfig=[sharded(local, *four)])
    local.wait_for(lambda: "[5]\t" in local.log("TrainingJob", "apart"))
    networks = [network(pid) for pid in processes(local)]
    own = network(os.getpid())
    local.call("StopTrainingJob", TrainingJobName="apart")
    local.ended("TrainingJob", "apart")
    if own in networks:
        pytest.skip("this system gives a process no network of its own")
    assert len(networks) == 2
    assert len(set(networks)) == 1


def test_linear_learner_does_not_depend_on_the_number_of_hosts(local: Any) -> None:
    specification = {
        "TrainingImage": local.xgboost.replace("sagemaker-xgboost:3.0-5", "linear-learner:1"),
        "TrainingInputMode": "File",
    }
    request = {
        "AlgorithmSpecification": specification,
        "HyperParameters": {"predictor_type": "regressor", "epochs": "2", "num_models": "2"},
        "InputDataConfig": [sharded(local, rows(local, 1), rows(local, 2))],
    }
    models = [artifact(local, train(local, f"linear-{n}", n, **request)) for n in (1, 2)]
    assert models[0] == models[1]
    assert log(local, "linear-2", "algo-2") == ""


def script(local: Any, code: str, **changes: Any) -> dict[str, Any]:
    return dict(local.script_training(code, **{"ResourceConfig": resources(2), **changes}))


PEERS = """
import json, os, pathlib, socket
host = os.environ["SM_CURRENT_HOST"]
config = json.loads(pathlib.Path("/opt/ml/input/config/resourceconfig.json").read_text())
assert config == json.loads(os.environ["SM_RESOURCE_CONFIG"])
assert (config["current_host"], config["hosts"]) == (host, json.loads(os.environ["SM_HOSTS"]))
assert config["network_interface_name"] == os.environ["SM_NETWORK_INTERFACE_NAME"] == "lo"
if host == "algo-1":
    with socket.create_server((host, 7777)) as server:
        connection, _ = server.accept()
        print("loss=" + connection.makefile().readline())
else:
    while True:
        try:
            connection = socket.create_connection(("algo-1", 7777))
            break
        except ConnectionRefusedError:
            pass
    connection.sendall(b"0.25\\n")
    print("loss=9 other=3")
for folder in ("model", "output/data"):
    pathlib.Path("/opt/ml", folder, "all").write_text(host)
    pathlib.Path("/opt/ml", folder, host).write_text(host)
"""


@pytest.mark.usefixtures("own_opt_ml")
def test_scripts_find_each_other_and_their_files_become_one_archive(local: Any) -> None:
    request = script(local, PEERS)
    request["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "loss", "Regex": "loss=([0-9.]+)"},
        {"Name": "other", "Regex": "other=([0-9.]+)"},
    ]
    local.call("CreateTrainingJob", TrainingJobName="peers", **request)
    job = local.ended("TrainingJob", "peers")
    assert job["TrainingJobStatus"] == "Completed", log(local, "peers", "algo-2")
    assert metrics(job) == {"loss": 0.25, "other": 3.0}
    files = {"all": b"algo-1", "algo-1": b"algo-1", "algo-2": b"algo-2"}
    assert artifact(local, job) == artifact(local, job, "output.tar.gz") == files
    streams = local.runtime.logs.streams("/aws/sagemaker/TrainingJobs", "peers/")
    created = int(job["CreationTime"])
    assert [stream.name for stream in streams] == [
        f"peers/algo-1-{created}",
        f"peers/algo-2-{created}",
    ]


@pytest.mark.usefixtures("own_opt_ml")
def test_a_script_that_fails_on_one_host_ends_the_others(local: Any) -> None:
    code = """
import os, pathlib, time
if os.environ["SM_CURRENT_HOST"] == "algo-1":
    time.sleep(600)
pathlib.Path("/opt/ml/output/failure").write_text("the second host gives up")
raise SystemExit(5)
"""
    local.call("CreateTrainingJob", TrainingJobName="gives-up", **script(local, code))
    job = local.ended("TrainingJob", "gives-up")
    assert job["FailureReason"] == "AlgorithmError: the second host gives up, exit code: 5"
    assert processes(local) == set()


@pytest.mark.usefixtures("own_opt_ml")
def test_hosts_of_instance_groups_get_their_groups_channels(local: Any) -> None:
    code = """
import json, os, pathlib
files = sorted(path.name for path in pathlib.Path("/opt/ml/input/data/wide").iterdir())
names = ("SM_CURRENT_HOST", "SM_CURRENT_INSTANCE_GROUP", "SM_CURRENT_INSTANCE_TYPE")
print("saw", [os.environ[name] for name in names], files)
"""
    groups = [
        {"InstanceGroupName": "small", "InstanceType": "ml.m5.large", "InstanceCount": 1},
        {"InstanceGroupName": "large", "InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
    ]
    request = script(local, code, ResourceConfig={"InstanceGroups": groups, "VolumeSizeInGB": 1})
    wide = sharded(local, "1", "2", name="wide")
    wide["DataSource"]["S3DataSource"]["InstanceGroupNames"] = ["large"]
    request["InputDataConfig"].append(wide)
    local.call("CreateTrainingJob", TrainingJobName="groups", **request)
    assert local.ended("TrainingJob", "groups")["TrainingJobStatus"] == "Completed"
    assert "saw ['algo-1', 'small', 'ml.m5.large'] []" in local.log("TrainingJob", "groups")
    assert "saw ['algo-2', 'large', 'ml.m5.xlarge'] ['0.csv', '1.csv']" in log(
        local, "groups", "algo-2"
    )
    wide["DataSource"]["S3DataSource"]["InstanceGroupNames"] = ["huge"]
    with pytest.raises(ApiError, match=r"'huge'.* lacks; it has: small, large"):
        local.call("CreateTrainingJob", TrainingJobName="wrong-group", **request)


def test_more_hosts_than_places_do_not_wait_for_ever_and_give_the_same_bytes(
    local: Any, four: list[str]
) -> None:
    request = {"HyperParameters": SETTINGS, "InputDataConfig": [sharded(local, *four)]}
    names = [f"crowd-{number}" for number in range(3)]
    for name in names:
        start(local, name, 4, **request)
    models = [artifact(local, local.ended("TrainingJob", name)) for name in names]
    assert models[0] == models[1] == models[2]


def test_more_hosts_than_there_can_be_are_refused(local: Any) -> None:
    with pytest.raises(ApiError, match=r"1 to 100 hosts .* but 101 were requested"):
        start(local, "too-many", 101)
