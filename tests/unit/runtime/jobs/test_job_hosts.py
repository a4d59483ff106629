"""Which hosts a job has, what each gets, and what becomes of their results."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.api import ApiError
from runtime.jobs.container import JobFolder
from runtime.jobs.host_results import gather
from runtime.jobs.hosts import Cluster, check_hosts, cluster_of

ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/j"
SHARDED = {"S3DataDistributionType": "ShardedByS3Key"}


def cluster(*counts: int) -> Cluster:
    groups = [
        {"InstanceGroupName": f"g{at}", "InstanceType": f"t{at}", "InstanceCount": count}
        for at, count in enumerate(counts)
    ]
    return cluster_of({"ResourceConfig": {"InstanceGroups": groups}})


@pytest.mark.parametrize("job", [{}, {"ResourceConfig": {"InstanceCount": 1}}])
def test_a_job_has_one_host_unless_it_says_otherwise(job: dict[str, Any]) -> None:
    assert cluster_of(job).hosts == ["algo-1"]
    assert cluster_of(job).addresses(ARN) == {}


def test_hosts_are_numbered_over_all_groups_and_listed_by_name() -> None:
    hosts = cluster(1, 10)
    assert hosts.hosts == ["algo-1", "algo-10", "algo-11", *(f"algo-{n}" for n in range(2, 10))]
    config = hosts.resource_config("algo-11")
    assert config["current_host"] == "algo-11"
    assert (config["current_group_name"], config["current_instance_type"]) == ("g1", "t1")
    assert config["instance_groups"][0] == {
        "instance_group_name": "g0",
        "instance_type": "t0",
        "hosts": ["algo-1"],
    }
    assert hosts.leader.hosts == ["algo-1"]


@given(
    counts=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    objects=st.lists(st.text(), max_size=30),
    chosen=st.sets(st.integers(0, 3)),
)
def test_shards_are_every_object_once_and_copies_all_of_them(
    counts: list[int], objects: list[str], chosen: set[int]
) -> None:
    hosts = cluster(*counts)
    groups = [f"g{at}" for at in sorted(chosen) if at < len(counts)]
    source: dict[str, Any] = {"InstanceGroupNames": groups} if groups else {}
    receivers = [
        host for group in hosts.groups if not groups or group.name in groups for host in group.hosts
    ]
    shards = {host: objects[hosts.share(host, {**source, **SHARDED})] for host in hosts.hosts}
    copies = {host: objects[hosts.share(host, source)] for host in hosts.hosts}
    assert sorted(text for shard in shards.values() for text in shard) == sorted(objects)
    assert all(not shards[host] for host in hosts.hosts if host not in receivers)
    sizes = [len(shards[host]) for host in receivers]
    assert max(sizes) - min(sizes) <= 1
    expected = {host: objects if host in receivers else [] for host in hosts.hosts}
    assert copies == expected


@given(st.text(min_size=1))
def test_every_host_has_a_loopback_address_of_its_own(name: str) -> None:
    addresses = cluster(100).addresses(name)
    assert len(set(addresses.values())) == 100
    for address in addresses.values():
        assert ipaddress.ip_address(address).is_loopback
        assert not address.startswith("127.0.")


@pytest.mark.parametrize("counts", [(0, 0), (60, 41)])
def test_the_number_of_hosts_has_limits(counts: tuple[int, int]) -> None:
    groups = [
        {"InstanceGroupName": name, "InstanceType": "t", "InstanceCount": count}
        for name, count in zip("ab", counts, strict=True)
    ]
    wanted = f"1 to 100 hosts in the local runtime but {sum(counts)} were requested"
    with pytest.raises(ApiError, match=wanted):
        check_hosts({"ResourceConfig": {"InstanceGroups": groups}})


def folder_of(path: Path, **files: str) -> Path:
    for name, text in files.items():
        target = path / "model" / name.replace("__", "/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return path


def test_of_files_with_one_name_the_first_hosts_stays(tmp_path: Path) -> None:
    roots = [
        folder_of(tmp_path / "1", both="1", deep__one="1", file="1", tree__leaf="1"),
        folder_of(tmp_path / "2", both="2", deep__two="2", file__leaf="2", tree="2"),
        folder_of(tmp_path / "3", both="3", deep__two="3", third="3"),
    ]
    gather(roots, "model")
    gather(roots, "output/data")  # which nobody has
    model = tmp_path / "1/model"
    found = {
        path.relative_to(model).as_posix(): path.read_text()
        for path in model.rglob("*")
        if path.is_file()
    }
    assert found == {
        "both": "1",
        "deep/one": "1",
        "deep/two": "2",
        "file": "1",
        "third": "3",
        "tree/leaf": "1",
    }


def test_files_of_other_hosts_do_not_follow_a_link_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    roots = [
        folder_of(tmp_path / "1", own="1"),
        folder_of(tmp_path / "2", away__file="2", away__deep__file="2"),
    ]
    (tmp_path / "1/model/away").symlink_to(outside)
    gather(roots, "model")
    assert list(outside.iterdir()) == []


def test_removing_a_jobs_folder_removes_those_of_all_hosts_and_keeps_the_logs(
    tmp_path: Path,
) -> None:
    folder = JobFolder(tmp_path / "ml", tmp_path / "log")
    for host in ("algo-1", "algo-2"):
        folder.of(host).create()
    folder.meeting.mkdir()
    folder.remove()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log-algo-2"]
